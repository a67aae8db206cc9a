"""A copy of the product whose helper's runs can be counted, hampered and killed, and its cache."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
from pathlib import Path

from lakebase.client import LocalLakebase

from .build import helper, library
from .cache_files import CacheFiles
from .client import Client

PSQL = "/usr/lib/postgresql/15/bin/psql"
TOKENS = "POST /oidc/v1/token"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"

# One line for each run, with the process id that the helper then has.
COUNTING = """#!/bin/sh
echo $$ >> "{runs}"
{before}
exec "{real}"
"""


def name_of_process(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class Product(Client):
    """Client with a service `demo` and a helper that notes its runs."""

    def __init__(self, build: Path, lakebase: LocalLakebase, directory: Path) -> None:
        tree = directory / "tree"
        shim = tree / "shim" / "libpglakebase.so"
        self.real_helper = helper(build)
        self.helper = tree / "cli" / "pglakebase-fetch"
        self.runs_file = directory / "runs"
        for file in (shim, self.helper):
            file.parent.mkdir(parents=True)
        shutil.copy(library(build), shim)
        super().__init__(shim, build, lakebase, directory)
        self.hamper("")
        self.service("demo", "profile=DEMO", ENDPOINT, dbname="databricks_postgres")

    def hamper(self, before: str) -> None:
        """A line of shell to run before the helper takes the process over."""
        self.helper.write_text(COUNTING.format(runs=self.runs_file, before=before, real=self.real_helper))
        self.helper.chmod(0o755)

    def helpers(self) -> list[int]:
        """The process ids of all runs so far."""
        return [int(line) for line in self.runs_file.read_text().split()] if self.runs_file.exists() else []

    def running(self) -> list[int]:
        return [pid for pid in self.helpers() if name_of_process(pid) == self.helper.name[:15]]

    def end_helpers(self) -> None:
        """What still runs in the background would call into the next test."""
        for pid in self.running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def calls(self) -> tuple[int, int]:
        """Of the token and of the credentials route."""
        return self.lakebase.calls(TOKENS), self.lakebase.calls(CREDENTIALS)

    def connect(self, service: str = "demo", **options: object):
        return self.psql(f"service={service}", **options)

    def role(self) -> str:
        return self.lakebase.env()["DATABRICKS_CLIENT_ID"]

    def assert_connects(self, service: str = "demo", **options: object) -> None:
        done = self.connect(service, **options).ok()
        assert (done.text, done.error) == (self.role(), "")

    @property
    def files(self) -> CacheFiles:
        return CacheFiles(self.cache)

    def assert_private(self, cache: Path | None = None) -> None:
        """Nothing in the cache is anybody else's to read."""
        cache = cache or self.cache
        assert stat.S_IMODE(cache.stat().st_mode) == 0o700
        for file in cache.iterdir():
            mode = file.lstat()
            assert stat.S_ISREG(mode.st_mode) and stat.S_IMODE(mode.st_mode) == 0o600, (file, oct(mode.st_mode))
