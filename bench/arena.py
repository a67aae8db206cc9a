"""Where everything is measured: one build, one local Lakebase, a client with and one without the library."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import library
from support.client import Client
from support.roots import SERVICE, Roots


@dataclass(frozen=True)
class Run:
    """One whole process, by the kernel's own accounting."""

    wall_us: float
    cpu_us: float
    code: int


@dataclass
class Arena:
    build: Path
    lakebase: LocalLakebase
    directory: Path
    quick: bool

    def __post_init__(self) -> None:
        self._clients = 0

    def rounds(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def program(self, name: str) -> Path:
        return self.build / "bench" / "programs" / name

    def client(self, lakebase: LocalLakebase | None = None) -> Client:
        """With an empty cache and a home of its own; its service `orders` is the local Lakebase."""
        self._clients += 1
        directory = self.directory / f"client-{self._clients}"
        directory.mkdir()
        client = Client(library(self.build), self.build, lakebase or self.lakebase, directory)
        client.service("orders", *SERVICE)
        return client

    def client_with_bundle(self) -> tuple[Client, Roots]:
        """As most machines are: all the system's roots, of which one was learned."""
        self._clients += 1
        directory = self.directory / f"client-{self._clients}"
        directory.mkdir()
        client = Client(library(self.build), self.build, self.lakebase, directory)
        roots = Roots(client, directory / "bundle.crt")
        roots.learn()
        return client, roots

    def given(self, **more: str) -> str:
        """What a program without the library has to be told: everything."""
        token = self.lakebase.mint(inventory.APP.name)
        values = {"user": inventory.APP.name, "password": token, "dbname": inventory.DATABASE, "sslmode": "verify-full",
                  "sslrootcert": str(self.lakebase.ca_file), "gssencmode": "disable", **more}
        return "service=orders " + " ".join(f"{name}={value}" for name, value in values.items())


def run(argv: list[str], environment: Mapping[str, str]) -> Run:
    """Without a shell or Python's own process handling between."""
    nothing = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nothing, fd) for fd in (0, 1, 2)]
    begun = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, dict(environment), file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    os.close(nothing)
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
def stepped(*arguments: object) -> Iterator[Stepped]:
    process = Stepped(*arguments)  # type: ignore[arg-type]
    try:
        yield process
    finally:
        process.close()
