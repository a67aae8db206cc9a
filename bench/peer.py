"""The official npm client, measured beside us where there is something to compare."""

from __future__ import annotations

import subprocess
from pathlib import Path
import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import official_client
from support.official_client import SCRIPTS

from bench.process import run
from bench.spread import spread

# It fetches anew this long before a token's end.
BUFFER_S = 120


class Peer:
    """Resolves the local Lakebase's names by itself, as its tests do where no /etc/hosts can be mounted."""

    def __init__(self, modules: Path, home: Path) -> None:
        self._modules = modules
        self._home = home

    def command(self, script: str, *arguments: str) -> list[str]:
        return ["/usr/bin/env", "node", "--require", str(SCRIPTS / "resolve.cjs"), str(SCRIPTS / script), *arguments]

    def environment(self, lakebase: LocalLakebase) -> dict[str, str]:
        return official_client.environment(lakebase, self._modules, self._home) | {"LOCAL_HOSTS": lakebase.hosts["demo"]}

    def start(self, lakebase: LocalLakebase, script: str, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command(script, *arguments), env=self.environment(lakebase),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def cold(self, lakebase: LocalLakebase, rounds: int) -> tuple[float, float]:
        """Median milliseconds of a new process's first rows: the client's, and its driver's with the token given."""
        environment = self.environment(lakebase)
        given = environment | {"PGUSER": inventory.APP.name, "PGPASSWORD": lakebase.mint(inventory.APP.name)}
        walls: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            walls[0].append(run(self.command("connect.cjs"), environment).wall_us)
            walls[1].append(run(self.command("driver.cjs"), given).wall_us)
        return spread(walls[0]).median / 1000, spread(walls[1]).median / 1000

    def calls_of_a_start(self, lakebase: LocalLakebase) -> tuple[float, int]:
        """Milliseconds and calls of one new process."""
        lakebase.forget()
        wall = run(self.command("connect.cjs"), self.environment(lakebase)).wall_us
        return wall / 1000, sum(lakebase.counters()["calls"].values())


def find_peer(home: Path) -> Peer | None:
    """None where there is no npm, or no registry: what skips a test."""
    try:
        return Peer(official_client.install(), home)
    except pytest.skip.Exception:
        return None
