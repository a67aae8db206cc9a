"""Runs PostgreSQL's own programs (and probes) in an environment of their own, with the library preloaded or not."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakebase.client import LocalLakebase

from .build import build_options

PGBIN = Path("/usr/lib/postgresql/15/bin")
TIMEOUT = 90


@dataclass
class Outcome:
    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode().strip()

    @property
    def error(self) -> str:
        return self.err.decode().strip()

    @property
    def values(self) -> dict[str, str]:
        """The name=value lines of a probe; of several values of one name the last."""
        return dict(line.split("=", 1) for line in self.out.decode().splitlines() if "=" in line)

    def ok(self) -> "Outcome":
        assert self.code == 0, (self.code, self.out, self.err)
        return self


def sanitizer_libraries(build: Path) -> list[str]:
    """Their run time must come first in a process that was built without them."""
    if build_options(build)["b_sanitize"] == "none":
        return []
    names = ("libasan.so", "libubsan.so")
    return [subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()
            for name in names]


class Client:
    """`env` is the whole environment of what is run; tests change it at will."""

    def __init__(self, library: Path, build: Path, lakebase: LocalLakebase, directory: Path) -> None:
        self.library = library
        self.lakebase = lakebase
        self.home = directory / "home"
        self.cache = directory / "cache"
        self.home.mkdir(mode=0o700)
        self._before = sanitizer_libraries(build)
        self.env = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8",
            "SSL_CERT_FILE": str(lakebase.ca_file), "PGLAKEBASE_CACHE_DIR": str(self.cache),
            "DATABRICKS_CONFIG_FILE": str(lakebase.directory / "databrickscfg"), "PGCONNECT_TIMEOUT": "30",
        }
        if self._before:
            # psql itself frees little before it ends.
            self.env["ASAN_OPTIONS"] = "detect_leaks=0"

    @property
    def preload(self) -> str:
        return " ".join([*self._before, str(self.library)])

    def environment(self, preload: bool = True, env: Mapping[str, str | None] | None = None) -> dict[str, str]:
        merged: dict[str, str | None] = {**self.env, **(env or {})}
        if preload:
            merged["LD_PRELOAD"] = self.preload
        return {name: value for name, value in merged.items() if value is not None}

    def run(self, *argv: str | Path, preload: bool = True, env: Mapping[str, str | None] | None = None,
            input: bytes = b"", timeout: float = TIMEOUT, prefix: Sequence[str] = (), **options: object) -> Outcome:
        """`prefix` is run without the library; it starts the rest (strace, setpriv, valgrind)."""
        environment = self.environment(preload, env)
        command = [str(word) for word in argv]
        if prefix:
            inner = {name: environment.pop(name) for name in ("LD_PRELOAD",) if name in environment}
            command = [*prefix, "/usr/bin/env", *(f"{k}={v}" for k, v in inner.items()), *command]
        done = subprocess.run(command, input=input, capture_output=True, env=environment, timeout=timeout,
                              **options)  # type: ignore[call-overload]
        return Outcome(done.returncode, done.stdout, done.stderr)

    def start(self, *argv: str | Path, preload: bool = True, env: Mapping[str, str | None] | None = None,
              **options: object) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([str(word) for word in argv], env=self.environment(preload, env),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                **options)  # type: ignore[call-overload,no-any-return]

    def psql(self, conninfo: str | None, *more: str, sql: str = "select current_user", preload: bool = True,
             env: Mapping[str, str | None] | None = None, **options: object) -> Outcome:
        named = [] if conninfo is None else ["-d", conninfo]
        return self.run(PGBIN / "psql", "-XAt", *named, *more, "-c", sql, preload=preload, env=env, **options)

    # Service files.

    def service(self, name: str, *directives: str, file: Path | None = None, host: str = "demo", port: str = "gateway",
                **settings: str | None) -> Path:
        """Appends a section to ~/.pg_service.conf (or another file); a setting that is None is left out."""
        hosts = self.lakebase.hosts
        values: dict[str, str | None] = {"host": hosts.get(host, host), "hostaddr": "127.0.0.1",
                                         "port": str(self.lakebase.ports.get(port, port)), **settings}
        lines = [f"[{name}]", *(f"{k}={v}" for k, v in values.items() if v is not None),
                 *(f"#lakebase: {directive}" for directive in directives)]
        file = file or self.home / ".pg_service.conf"
        with open(file, "a", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        file.chmod(0o600)
        return file

    def direct(self, host: str = "demo", port: str = "gateway", **more: str) -> str:
        """A conninfo that names the host itself."""
        values = {"host": self.lakebase.hosts.get(host, host), "hostaddr": "127.0.0.1",
                  "port": str(self.lakebase.ports[port]), **more}
        return " ".join(f"{name}='{value}'" for name, value in values.items())


def interrupt(process: "subprocess.Popen[bytes]") -> None:
    os.kill(process.pid, signal.SIGINT)
