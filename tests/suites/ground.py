"""Where the suites run: directories of a user that PostgreSQL accepts, and what a program finds there with the library and without."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.client import PGBIN

USER = "postgres"
# Settings that a library could follow although nothing here is a Lakebase.
TEMPTING = {"DATABRICKS_HOST": "https://127.0.0.1:9", "DATABRICKS_CLIENT_ID": "nobody", "DATABRICKS_CLIENT_SECRET": "none",
            "LAKEBASE_ENDPOINT": "projects/p/branches/b/endpoints/e", "PGLAKEBASE_LOG": "error"}
# Where PostgreSQL's tests give up on a slow machine.
PATIENT = {"PGCTLTIMEOUT": "300", "PG_TEST_TIMEOUT_DEFAULT": "600"}
LIMIT_S = 1500


class Ground:
    def __init__(self, directory: Path, library: Path) -> None:
        self.directory = directory
        self.library = directory / "shim" / library.name
        self.library.parent.mkdir()
        shutil.copy(library, self.library)
        self.give(directory)

    def copied(self, source: Path, preload: bool) -> Path:
        """Each half writes into its own."""
        to = self.directory / ("with" if preload else "without") / source.name
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to, symlinks=True)
        self.give(self.directory)
        return to

    def give(self, directory: Path) -> None:
        directory.chmod(0o755)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", f"{USER}:", directory], check=True)

    def run(self, command: Sequence[str | Path], cwd: Path, preload: bool, out: Path, env: dict[str, str]) -> int:
        """What it prints goes to `out`."""
        environment = {"PATH": f"{PGBIN}:/usr/bin:/bin", "HOME": str(self.directory), "LC_ALL": "C.UTF-8", "TZ": "UTC", **PATIENT, **TEMPTING, **env}
        if preload:
            environment["LD_PRELOAD"] = str(self.library)
        as_user = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"] if os.geteuid() == 0 else []
        # setpriv itself is no part of what is tried.
        words = [*as_user, "/usr/bin/env", "-i", *(f"{name}={value}" for name, value in environment.items()), *map(str, command)]
        with out.open("wb") as file:
            return subprocess.run(words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=file, stderr=file, timeout=LIMIT_S).returncode
