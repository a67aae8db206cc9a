"""A program that keeps its connection: tests/shim/probes/session_probe."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class Session:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def say(self, line: str) -> dict[str, str]:
        """What the probe reports about the connection after that."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        values: dict[str, str] = {}
        while "done" not in values:
            said = self._process.stdout.readline().decode()
            assert said, (line, self._process.wait(), values)
            name, _, value = said.rstrip("\n").partition("=")
            values[name] = value
        return values

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(20)


@contextmanager
def sessions(probe: Path, environments: Sequence[Mapping[str, str]]) -> Iterator[list[Session]]:
    """One for each environment; all must end well."""
    processes = [subprocess.Popen([probe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(env)) for env in environments]
    try:
        running = list(map(Session, processes))
        yield running
        assert [session.end() for session in running] == [0] * len(running)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()
