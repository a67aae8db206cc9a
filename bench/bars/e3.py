"""E3: the first row where nothing is cached: how long it takes, and how many calls."""

from __future__ import annotations

import shutil

from lakebase import inventory
from support.client import PGBIN
from support.product import CREDENTIALS, TOKENS

from bench.arena import Arena
from bench.peer import Peer
from bench.process import run as run_process
from bench.report import Row
from bench.spread import ratios, spread

RATIO_LIMIT = 1.5
CALLS_LIMIT = 2
SLOW_MS = 100


def psql(conninfo: str) -> list[str]:
    return [str(PGBIN / "psql"), "-XAtq", "-d", conninfo, "-c", "select 1"]


def instant(arena: Arena, peer: Peer | None) -> Row:
    client = arena.client()
    # A command line shows a token to everybody; nobody who cares starts psql so.
    ours, theirs = client.environment(), client.environment(preload=False, env={"PGPASSWORD": arena.token()})
    given = arena.given_but_token()
    walls: tuple[list[float], list[float]] = ([], [])
    for _ in range(arena.rounds(60, 5)):
        shutil.rmtree(client.cache, ignore_errors=True)
        cold = run_process(psql("service=orders"), ours)
        alone = run_process(psql(given), theirs)
        if cold.code or alone.code:
            raise RuntimeError("psql did not connect")
        walls[0].append(cold.wall_us)
        walls[1].append(alone.wall_us)
    ratio = ratios(*walls)
    beside = ""
    if peer is not None:
        theirs_cold, driver = peer.cold(arena.lakebase, arena.rounds(7, 2))
        beside = f"official client × {theirs_cold / driver:.1f} of its driver ({theirs_cold:.0f} against {driver:.0f} ms)"
    return Row("E3", "psql's first row, nothing cached, instant API",
               f"× {ratio.median:.2f} ({spread(walls[0]).median / 1000:.1f} against {spread(walls[1]).median / 1000:.1f} ms)",
               f"× {RATIO_LIMIT}", beside, ratio.median <= RATIO_LIMIT,
               {"ratio": vars(ratio), "cold_us": vars(spread(walls[0])), "given_us": vars(spread(walls[1]))})


def slow(arena: Arena, peer: Peer | None) -> list[Row]:
    lakebase = arena.lakebase
    client = arena.client()
    lakebase.reset()
    lakebase.set(api_latency_ms=SLOW_MS)
    walls, calls, handshakes = [], [], []
    rounds = arena.rounds(10, 2)
    for _ in range(rounds):
        shutil.rmtree(client.cache, ignore_errors=True)
        lakebase.forget()
        walls.append(run_process(psql("service=orders"), client.environment()).wall_us)
        counters = lakebase.counters()
        calls.append(sum(counters["calls"].values()))
        handshakes.append(counters["handshakes"].get("api demo", 0))
        assert (lakebase.calls(TOKENS), lakebase.calls(CREDENTIALS)) == (1, 1)
    beside = ""
    if peer is not None:
        wall, count = peer.calls_of_a_start(arena.lakebase)
        beside = f"official client: {wall:.0f} ms, {count} calls"
    lakebase.reset()
    return [
        Row("E3", f"the same with {SLOW_MS} ms a call: time", f"{spread(walls).median / 1000:.0f} ms", "", beside, None,
            {"wall_us": vars(spread(walls))}),
        Row("E3", f"the same with {SLOW_MS} ms a call: calls", str(max(calls)), str(CALLS_LIMIT), "", max(calls) == CALLS_LIMIT,
            {"calls": calls}),
        Row("E3", f"the same with {SLOW_MS} ms a call: TLS connections to the API", str(max(handshakes)), "1", "",
            max(handshakes) == 1, {"handshakes": handshakes}),
    ]


def run(arena: Arena) -> list[Row]:
    return [instant(arena, arena.peer), *slow(arena, arena.peer)]
