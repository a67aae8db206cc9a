"""E5: connections across the end of several tokens: does any wait for a new one?"""

from __future__ import annotations

import time

from lakebase.client import LocalLakebase

from bench.arena import Arena
from bench.peer import BUFFER_S, Peer
from bench.process import Stepped, stepped
from bench.report import Row
from bench.spread import quantile, spread

LIFETIME_S = 12
# Long enough that a connection that waited for one cannot be taken for a slow one.
CALL_MS = 500
PAUSE_S = 0.02


def judge(walls_ms: list[float]) -> tuple[int, str, dict[str, object]]:
    """How many took as long as a call more than the median, and the distribution."""
    middle = spread(walls_ms).median
    delayed = sum(wall >= middle + CALL_MS for wall in walls_ms)
    parts = {name: quantile(walls_ms, part) for name, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))}
    parts["max"] = max(walls_ms)
    told = ", ".join(f"{name} {value:.1f}" for name, value in parts.items())
    return delayed, f"{told} ms of {len(walls_ms)}", {"delayed": delayed, "connections": len(walls_ms), **parts}


def ours(arena: Arena, seconds: float) -> tuple[list[float], int]:
    with LocalLakebase(token_lifetime=LIFETIME_S, workspace_token_lifetime=LIFETIME_S, api_latency_ms=CALL_MS) as lakebase:
        client = arena.client(lakebase)
        client.psql("service=orders").ok()
        lakebase.forget()
        walls = []
        with stepped(lambda: Stepped(arena.program("connect_cost"), ["service=orders"], client.environment())) as process:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                walls.append(process.step()[0] / 1000)
                time.sleep(PAUSE_S)
        tokens = len({login["password_sha256"] for login in lakebase.connections() if login["result"] == "ok"})
    return walls, tokens


def theirs(peer: Peer, seconds: float) -> list[float]:
    lifetime = BUFFER_S + LIFETIME_S
    with LocalLakebase(token_lifetime=lifetime, api_latency_ms=CALL_MS) as lakebase:
        process = peer.start(lakebase, "steady.cjs", str(seconds), str(int(PAUSE_S * 1000)))
        out, _ = process.communicate()
    # The first one has to sign in.
    return [float(line) for line in out.split()][1:]


def run(arena: Arena) -> list[Row]:
    seconds = arena.rounds(60, 15)
    walls, tokens = ours(arena, seconds)
    delayed, told, figures = judge(walls)
    beside = ""
    if arena.peer is not None and not arena.quick:
        late, distribution, _ = judge(theirs(arena.peer, seconds))
        beside = f"official client: {late} delayed; {distribution}"
    what = f"{seconds} s of connections, tokens of {LIFETIME_S} s, {CALL_MS} ms a call"
    return [Row("E5", f"{what}: delayed by a refresh", f"{delayed}; {told}", "0", beside, delayed == 0, figures),
            Row("E5", "the same: tokens used", str(tokens), "> 1", "", tokens > 1)]
