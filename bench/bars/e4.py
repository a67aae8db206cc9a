"""E4: very many processes at one moment, with nothing cached."""

from __future__ import annotations

from lakebase.client import LocalLakebase
from support.crowd import ENDPOINTS, fleet_services, rush
from support.product import CREDENTIALS, TOKENS, Product

from bench.arena import Arena
from bench.peer import Peer
from bench.report import Row

HANDFUL = 5
PEER_PROCESSES = 50
PER_SECOND = 10


def one_endpoint(arena: Arena, peer: Peer | None) -> list[Row]:
    count = arena.rounds(1000, 60)
    arena.lakebase.reset()
    product = Product(arena.build, arena.lakebase, arena.new_directory())
    values = rush(product, arena.crowd_probes, count, 1, "demo")
    calls, helpers = product.calls(), len(product.helpers())
    beside = peer_calls(arena, peer) if peer is not None else ""
    what = f"{count} processes at once"
    return [
        Row("E4", f"{what}: token and credential calls", f"{calls[0]} + {calls[1]}", "1 + 1", beside, calls == (1, 1)),
        Row("E4", f"{what}: failures", str(count - int(values["good"])), "0", "", int(values["good"]) == count),
        Row("E4", f"{what}: helpers started", str(helpers), f"≤ {HANDFUL}", "", helpers <= HANDFUL),
        Row("E4", f"{what}: seconds; largest process", f"{values['seconds']} s; {int(values['maxrss_kib']) / 1024:.1f} MiB",
            figures=dict(values)),
    ]


def peer_calls(arena: Arena, peer: Peer) -> str:
    count = arena.rounds(PEER_PROCESSES, 3)
    arena.lakebase.forget()
    running = [peer.start(arena.lakebase, "connect.cjs") for _ in range(count)]
    good = sum(process.wait() == 0 for process in running)
    calls = sum(arena.lakebase.counters()["calls"].values())
    return f"official client, {count} processes: {calls} calls, {count - good} failures"


def many_endpoints(arena: Arena) -> list[Row]:
    each = arena.rounds(20, 2)
    what = f"{ENDPOINTS} endpoints, {each} processes each, {PER_SECOND} calls a second allowed"
    with LocalLakebase(fleet=ENDPOINTS) as fleet:
        product = Product(arena.build, fleet, arena.new_directory())
        fleet_services(product)
        fleet.fault("api", "rate_limit", "*", per_second=PER_SECOND, retry_after=1)
        values = rush(product, arena.crowd_probes, ENDPOINTS * each, ENDPOINTS, "fleet@")
        statuses = fleet.counters()["statuses"]
    tokens, credentials = statuses[f"demo {TOKENS} 200"], statuses[f"demo {CREDENTIALS} 200"]
    failed = ENDPOINTS * each - int(values["good"])
    return [
        Row("E4", f"{what}: calls granted", f"{tokens} + {credentials}", f"1 + {ENDPOINTS}", "",
            (tokens, credentials) == (1, ENDPOINTS), dict(statuses)),
        Row("E4", f"{what}: failures", str(failed), "0", "", failed == 0, dict(values)),
    ]


def run(arena: Arena) -> list[Row]:
    return [*one_endpoint(arena, arena.peer), *many_endpoints(arena)]
