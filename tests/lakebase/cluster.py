"""The PostgreSQL cluster behind the gateway."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

BIN = Path(os.environ.get("LOCAL_LAKEBASE_PGBIN", "/usr/lib/postgresql/15/bin"))
MAX_CONNECTIONS = 1200
SOCKET_PATH_LIMIT = 107

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": str(MAX_CONNECTIONS),
    "shared_buffers": "32MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # Segments in the data directory instead of /dev/shm: what is left behind goes with the directory.
    "dynamic_shared_memory_type": "mmap",
    "log_min_messages": "warning",
}


class ClusterFailed(Exception):
    """PostgreSQL could not be started."""


class Cluster:
    """Trust on the unix socket; over TCP only `plain_user`, with a password."""

    def __init__(self, directory: Path, log: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = log
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        return str(self.directory / f".s.PGSQL.{self.port}")

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def initialise(self) -> subprocess.Popen[bytes]:
        """Starts initdb and returns at once, so that keys can be made meanwhile."""
        self.directory.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        return self._spawn([str(BIN / "initdb"), "--pgdata", str(self.data), "--username", "postgres",
                            "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"])

    def start(self, plain_role: str) -> None:
        hba = f"local all all trust\nlocal replication all trust\nhost all {plain_role} 127.0.0.1/32 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(hba)
        for _ in range(5):
            self.port = _free_port()
            if len(self.socket) > SOCKET_PATH_LIMIT:
                raise ClusterFailed(f"{self.directory} is too long a path for a unix socket")
            options = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.directory)}
            command = [str(BIN / "postgres"), "-D", str(self.data)]
            for name, value in options.items():
                command += ["-c", f"{name}={value}"]
            self._process = self._spawn(command)
            # Somebody may have taken the port in between: then another one.
            if self._wait_ready():
                return
        raise ClusterFailed(f"PostgreSQL does not start; see {self.log}")

    def stop(self) -> None:
        if self._process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(number)
            try:
                self._process.wait(timeout=10)
                return
            except subprocess.TimeoutExpired:
                continue

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _wait_ready(self) -> bool:
        assert self._process is not None
        status = self.data / "postmaster.pid"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            # The eighth line turns to "ready" when connections are accepted.
            lines = status.read_text().splitlines() if status.exists() else []
            if len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        # PostgreSQL must not outlive this process, however it ends, and refuses to run as root. The one capability
        # lets the postgres user reach a data directory below directories that only root may enter.
        prefix = ["setpriv", "--pdeathsig", "INT"]
        if os.geteuid() == 0:
            prefix += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups",
                       "--inh-caps", "-all,+dac_override", "--ambient-caps", "-all,+dac_override"]
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        with open(self.log, "ab") as log:
            return subprocess.Popen(prefix + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    env=environment, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
