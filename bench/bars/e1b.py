"""E1b: what verified TLS costs with the system's whole bundle installed: by itself, and with the roots that were learned."""

from __future__ import annotations

from bench.arena import Arena
from bench.process import Stepped, stepped
from bench.report import Row
from bench.spread import ratios, spread

LIMIT = 1.4


def run(arena: Arena) -> list[Row]:
    client, roots = arena.client_with_bundle()
    given = arena.given()
    unverified, bundle = "unverified (sslmode=require)", "verify-full with the bundle"
    ours, one = "pglakebase with the bundle", "verify-full with one root"
    ways = {
        unverified: (f"{given} sslmode=require", False),
        bundle: (f"{given} sslrootcert={roots.bundle}", False),
        one: (given, False),
        ours: ("service=orders", True),
    }
    seen: dict[str, list[float]] = {way: [] for way in ways}
    connects = arena.rounds(12, 4)
    for _ in range(arena.rounds(12, 2)):
        for way, (conninfo, preload) in ways.items():
            environment = client.environment(preload=preload)
            with stepped(lambda: Stepped(arena.program("connect_cost"), [conninfo], environment)) as process:
                seen[way] += [process.step()[0] for _ in range(connects)]
    compared = {way: ratios(walls, seen[unverified]) for way, walls in seen.items()}
    result = []
    for way, walls in seen.items():
        ratio = spread(walls).median / spread(seen[unverified]).median
        result.append(Row("E1b", f"a connection, {way}", f"{spread(walls).median / 1000:.2f} ms, × {ratio:.2f}",
                          f"× {LIMIT}" if way == ours else "", "", ratio <= LIMIT if way == ours else None,
                          {"ratio_of_medians": ratio, "paired_ratio": vars(compared[way]), "wall_us": vars(spread(walls))}))
    return result
