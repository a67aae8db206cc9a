"""What a warm connection asks of the system: counted, so that nothing creeps in."""

from __future__ import annotations

from pathlib import Path

from bench.arena import Arena
from support.client import Client

# Of ours: 38 when this was written, besides libpq's own for one question.
CALLS_LIMIT = 45


def connections(arena: Arena, client: Client, trace: Path, preload: bool, conninfo: str) -> list[list[str]]:
    """The system calls of two connections of one process, each up to its first socket."""
    client.run(arena.program("connect_cost"), conninfo, input=b"\n\n", preload=preload,
               prefix=("strace", "-qq", "-o", str(trace))).ok()
    found: list[list[str]] = []
    for line in trace.read_text().splitlines():
        if line.startswith("read(0, \"\\n\""):
            found.append([])
        elif found:
            found[-1].append(line)
    assert len(found) == 2
    return [calls[:next(n for n, line in enumerate(calls) if line.startswith("socket("))] for calls in found]


def test_later_connection_reads_each_thing_once(arena: Arena, tmp_path: Path) -> None:
    client, roots = arena.client_with_bundle()
    client.psql("service=orders").ok()
    _, ours = connections(arena, client, tmp_path / "ours", True, "service=orders")
    _, alone = connections(arena, client, tmp_path / "alone", False, arena.given())
    opened = [line for line in ours if line.startswith("openat")]
    # libpq's question, our own look, libpq's connection.
    assert sum(".pg_service.conf" in line for line in opened) == 3
    assert not any("/etc/passwd" in line for line in opened)
    for kind in ("key", "request-", "credential-", "roots-"):
        assert sum(f'"{kind}' in line for line in opened) == 1, kind
    assert len(ours) - 2 * len(alone) <= CALLS_LIMIT, "\n".join(ours)
