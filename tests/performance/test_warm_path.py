"""What a warm connection asks of the system: counted, so that nothing creeps in."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.arena import Arena
from support.client import Client
from support.waiting import wait_until

COUNT = 4
# Of ours: 38 when this was written, besides libpq's own for one question.
WORKED_OUT_LIMIT = 45
# 8 when this was written.
REMEMBERED_LIMIT = 10
LONG_AGO_S = 10


def connections(arena: Arena, client: Client, trace: Path, preload: bool, conninfo: str) -> list[list[str]]:
    """The system calls of four connections of one process, each up to its first socket."""
    client.run(arena.program("connect_cost"), conninfo, input=b"\n" * COUNT, preload=preload,
               prefix=("strace", "-qq", "-o", str(trace))).ok()
    found: list[list[str]] = []
    for line in trace.read_text().splitlines():
        if line.startswith("read(0, \"\\n\""):
            found.append([])
        elif found:
            found[-1].append(line)
    assert len(found) == COUNT
    return [calls[:next(n for n, line in enumerate(calls) if line.startswith("socket("))] for calls in found]


def test_second_connection_reads_each_thing_once(arena: Arena, tmp_path: Path) -> None:
    client, roots = arena.client_with_bundle()
    client.psql("service=orders").ok()
    ours = connections(arena, client, tmp_path / "ours", True, "service=orders")[1]
    alone = connections(arena, client, tmp_path / "alone", False, arena.given())[1]
    opened = [line for line in ours if line.startswith("openat")]
    # libpq's question, our own look, libpq's connection.
    assert sum(".pg_service.conf" in line for line in opened) == 3
    assert not any("/etc/passwd" in line for line in opened)
    for kind in ("key", "request-", "credential-", "roots-"):
        assert sum(f'"{kind}' in line for line in opened) == 1, kind
    assert len(ours) - 2 * len(alone) <= WORKED_OUT_LIMIT, "\n".join(ours)


def test_later_connection_reads_nothing(arena: Arena, tmp_path: Path) -> None:
    client, roots = arena.client_with_bundle()
    client.psql("service=orders").ok()
    then = time.time() - LONG_AGO_S
    for file in (client.home / ".pg_service.conf", roots.bundle, client.cache):
        os.utime(file, (then, then))
    # The bundle is another now.
    client.psql("service=orders").ok()
    wait_until(lambda: len(roots.files()) == 2)
    os.utime(client.cache, (then, then))
    ours = connections(arena, client, tmp_path / "ours", True, "service=orders")[-1]
    alone = connections(arena, client, tmp_path / "alone", False, arena.given())[-1]
    assert sum(line.startswith("openat") for line in ours) == sum(line.startswith("openat") for line in alone)
    assert len(ours) - len(alone) <= REMEMBERED_LIMIT, "\n".join(ours)
