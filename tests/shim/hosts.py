"""The host programs of tests/shim/probes/hosts, in front of the whole product."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from lakebase import inventory
from support.client import Client, Outcome

APP = inventory.APP.name
CREDENTIALS = "POST /api/2.0/postgres/credentials"


class Hosts:
    """Runs `<name>_host`; its service "orders" leads to the local Lakebase."""

    def __init__(self, client: Client, probes: Path) -> None:
        self.client = client
        self.lakebase = client.lakebase
        self._directory = probes / "hosts"
        client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")

    def program(self, name: str) -> Path:
        return self._directory / f"{name}_host"

    def run(self, name: str, situation: str, *more: str, conninfo: str = "service=orders", **options: object) -> dict[str, str]:
        done = self.client.run(self.program(name), situation, conninfo, *more, **options)
        assert done.code == 0, (done.code, done.out, done.err)
        return done.values

    def slow(self, seconds: float, **more: int) -> int:
        """Fetching takes that long."""
        return self.lakebase.fault("api", "delay", CREDENTIALS, seconds=seconds, **more)

    def fetches(self) -> int:
        return self.lakebase.calls(CREDENTIALS)

    def always_ageing(self) -> str:
        """The name of a service whose credential every connect wants renewed in the background."""
        self.client.service("ageing", "profile=DEMO", "refresh_before=3600",
                            "endpoint=projects/shop/branches/production/endpoints/primary")
        return "service=ageing"


def connected(values: dict[str, str], *names: str) -> None:
    for name in names or ("first",):
        assert (values[f"{name}_status"], values[f"{name}_error"]) == ("ok", ""), values


def wait(process: "subprocess.Popen[bytes]", seconds: float = 20) -> Outcome:
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError((out, err)) from None
    return Outcome(process.returncode, out, err)


def running(program: Path) -> list[str]:
    """The processes that run it (or share their memory with one that did)."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "exe") == str(program):
                found.append(entry.name)
        except OSError:
            continue
    return found
