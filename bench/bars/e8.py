"""E8: queries. None of our functions may run for them, so they must be as fast as without us."""

from __future__ import annotations

import re

from support.client import PGBIN, Client

from bench.arena import Arena
from bench.report import Row
from bench.spread import ratios, spread


def calls(arena: Arena, client: Client, *more: str) -> dict[str, int]:
    count = arena.rounds(100_000, 5_000)
    done = client.run(arena.program("queries"), str(count), "service=orders", *more, timeout=600).ok()
    values = {name: int(value) for name, value in done.values.items()}
    if values["queries"] != count or values["banned"] == 0:
        raise RuntimeError(f"the queries were not run as they should: {values}")
    return values


def throughput(arena: Arena, client: Client) -> Row:
    seconds = arena.rounds(10, 1)
    given = arena.given()

    def rate(preload: bool) -> float:
        done = client.run(PGBIN / "pgbench", "-n", "-S", "-T", str(seconds), "service=orders" if preload else given,
                          preload=preload, timeout=seconds + 60).ok()
        match = re.search(r"^tps = ([\d.]+)", done.text, re.MULTILINE)
        if match is None:
            raise RuntimeError(f"pgbench says no rate: {done.text}")
        return float(match.group(1))

    client.run(PGBIN / "pgbench", "-i", "-q", given, preload=False).ok()
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(arena.rounds(5, 2)):
        for preload in (True, False) if number % 2 else (False, True):
            rates[0 if preload else 1].append(rate(preload))
    client.psql(given, sql="drop table pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers", preload=False).ok()
    ratio = ratios(*rates)
    return Row("E8", "pgbench -S, queries a second", f"× {ratio.median:.3f} ({ratio.low:.3f} to {ratio.high:.3f})", "",
               f"{spread(rates[1]).median:.0f} a second without the library", None,
               {"ratio": vars(ratio), "ours": rates[0], "without": rates[1]})


def run(arena: Arena) -> list[Row]:
    client = arena.client()
    client.psql("service=orders").ok()
    seen = calls(arena, client)
    trapped = calls(arena, client, "call")
    return [
        Row("E8", f"{seen['queries']:,} queries: calls into the library", str(seen["calls"]), "0", "", seen["calls"] == 0, seen),
        Row("E8", "the same with one call on purpose (the trap works)", str(trapped["calls"]), "1", "", trapped["calls"] == 1),
        throughput(arena, client),
    ]
