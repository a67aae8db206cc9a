"""Processes whose cost is measured."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One whole process, by the kernel's own accounting."""

    wall_us: float
    cpu_us: float
    code: int


def run(argv: list[str], environment: Mapping[str, str], standard_input: Path = Path("/dev/null")) -> Run:
    """Without a shell or Python's own process handling between."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, str(standard_input), os.O_RDONLY, 0),
               *((os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2))]
    begun = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, dict(environment), file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    return Run(wall * 1e6, (usage.ru_utime + usage.ru_stime) * 1e6, os.waitstatus_to_exitcode(status))


class Stepped:
    """A process that connects once for each step and tells what that cost."""

    def __init__(self, program: Path, arguments: list[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen([str(program), *arguments], env=dict(environment), stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, bufsize=0)

    def step(self) -> tuple[float, float]:
        """Wall and CPU time in microseconds."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(b"\n")
        line = self._process.stdout.readline().split()
        if len(line) != 2:
            raise RuntimeError(f"{self._process.args!r} could not connect; what it says stands above")
        return float(line[0]), float(line[1])

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@contextmanager
def stepped(start: Callable[[], Stepped]) -> Iterator[Stepped]:
    process = start()
    try:
        yield process
    finally:
        process.close()
