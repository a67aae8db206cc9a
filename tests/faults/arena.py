"""The product with a cache, a home and settings of its own, in front of one local Lakebase: where one cell is run."""

from __future__ import annotations

import contextlib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lakebase.client import LocalLakebase
from support.name_server import NameServer
from support.product import ENDPOINT, Product
from support.records import CachedCredential

from .model import State

WORKSPACE_NAME = "workspace.example.test"


@dataclass(frozen=True)
class Attempt:
    """One process or many, from start to end."""

    good: int
    seconds: float
    messages: list[str]  # of libpq, each once, without the lines that go on


class Arena(Product):
    def __init__(self, build: Path, lakebase: LocalLakebase, directory: Path) -> None:
        super().__init__(build, lakebase, directory)
        self.probes = build / "tests" / "cache" / "probes"
        self.aside = directory / "aside"
        self.config = directory / "databrickscfg"
        self.log = directory / "log"
        self.mounts: list[str] = []
        self.names: NameServer | None = None
        env = lakebase.env()
        self.good = {"host": env["DATABRICKS_HOST"], "client_id": env["DATABRICKS_CLIENT_ID"],
                     "client_secret": env["DATABRICKS_CLIENT_SECRET"], "endpoint": ENDPOINT.split("=", 1)[1]}
        self.settings: dict[str, str] = {}
        self.change(**self.good)
        self.env |= {"DATABRICKS_CONFIG_FILE": str(self.config), "PGLAKEBASE_LOG": str(self.log)}

    def change(self, **settings: str) -> None:
        """Of the profile; and the endpoint, which stands in the service file."""
        self.settings |= settings
        self.changed = {name for name, value in self.settings.items() if value != self.good[name]}
        profile = {name: value for name, value in self.settings.items() if name != "endpoint"}
        self._write(self.config, "[DEMO]\n" + "".join(f"{name} = {value}\n" for name, value in profile.items()))
        (self.home / ".pg_service.conf").unlink()
        self.service("demo", "profile=DEMO", f"endpoint={self.settings['endpoint']}", dbname="databricks_postgres")

    @staticmethod
    def _write(file: Path, text: str) -> None:
        file.touch(mode=0o600)
        file.write_text(text)

    def restore(self) -> None:
        """No fault any more, of those that are not files; the counters go on."""
        self.lakebase.clear_faults()
        for listener in ("api", "gateway"):
            self.lakebase.listen(True, listener)
            self.lakebase.use_certificate("good", listener)
        self.lakebase.set(clock_skew=0)
        if self.settings != self.good:
            self.change(**self.good)

    def serve_names(self) -> None:
        self.names = NameServer()
        port = self.good["host"].rpartition(":")[2]
        self.good["host"] = f"https://{WORKSPACE_NAME}:{port}"
        self.change(**self.good)
        resolver = self.home / "resolv.conf"
        resolver.write_text(f"nameserver {self.names.address}\n")
        self.mounts.append(f'mount --bind "{resolver}" /etc/resolv.conf')

    def close(self) -> None:
        self.end_helpers()
        if self.names is not None:
            self.names.close()

    # The cache.

    def reach(self, state: State) -> None:
        """A credential of the local Lakebase's, as old as that."""
        if state is State.COLD:
            return
        first = self.attempt(1, 30)
        assert first.good == 1, first.messages
        since, left = state.times
        CachedCredential(self.cache).age(since=since, left=left)
        if state is not State.FRESH:
            # It is as old, and so of no use: both calls are needed.
            self.files.shift("workspace", -3700)

    def pass_hold(self) -> float:
        """As if the time had gone by in which nobody asks again; how long it was."""
        held = 0.0
        # A helper in the background may take either away meanwhile.
        with contextlib.suppress(FileNotFoundError, ValueError):
            fields = self.files.read("failure")
            held = (int(fields["not_before_ms"]) - int(fields["seen_ms"])) / 1000
            self.files.shift("failure", -held - 1)
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.files.shift("trouble", -max(held, 5) - 1)
        return held

    # Programs.

    @property
    def prefix(self) -> list[str]:
        if not self.mounts:
            return []
        script = " && ".join([f'CACHE="{self.cache}" ASIDE="{self.aside}"', *self.mounts, 'exec "$@"'])
        return ["unshare", "--mount", "sh", "-c", script, "sh"]

    def attempt(self, processes: int, patience: int) -> Attempt:
        conninfo = f"service=demo connect_timeout={patience}"
        started = time.monotonic()
        if processes == 1:
            done = self.run(self.probes / "connect_once", conninfo, prefix=self.prefix)
            good = int(done.code == 0)
        else:
            done = self.run(*self.prefix, self.probes / "crowd", str(processes), "1", self.probes / "connect_once",
                            conninfo, self.preload, preload=False, timeout=150)
            good = int(done.values["good"])
        return Attempt(good, time.monotonic() - started, sorted({line for line in done.error.splitlines() if not line.startswith("\t")}))

    def calls_made(self) -> int:
        """Calls of the API, or connections to it if more of them came to nothing."""
        counters = self.lakebase.counters()
        return max(sum(counters["calls"].values()), counters["connections"].get("api demo", 0))

    def left_behind(self) -> str:
        """All that the product wrote where people look: the log."""
        return self.log.read_text() if self.log.exists() else ""


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
