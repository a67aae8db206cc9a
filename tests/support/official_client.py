"""The official npm client, unmodified, against the local Lakebase."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from lakebase.client import LocalLakebase
from lakebase.files import ENDPOINT

from .build import ROOT

SCRIPTS = ROOT / "tests" / "npm"
DIRECTORY = Path(os.environ.get("LOCAL_LAKEBASE_NPM_DIR", ROOT / "build" / "npm"))


class Unavailable(Exception):
    """Why the client cannot be had here."""


def install() -> Path:
    """The pinned packages, installed outside the sources once; the directory of modules."""
    if shutil.which("npm") is None:
        raise Unavailable("npm is not installed")
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    pinned = (SCRIPTS / "package.json").read_text()
    installed = DIRECTORY / "package.json"
    if not (DIRECTORY / "node_modules" / "pg").exists() or installed.read_text() != pinned:
        installed.write_text(pinned)
        command = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=DIRECTORY, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            installed.unlink()
            raise Unavailable(f"npm install failed: {done.stderr[-500:]}")
    return DIRECTORY / "node_modules"


def environment(lakebase: LocalLakebase, modules: Path, home: Path) -> dict[str, str]:
    mine = lakebase.env()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NODE_PATH": str(modules),
        "NODE_EXTRA_CA_CERTS": mine["NODE_EXTRA_CA_CERTS"],
        "DATABRICKS_HOST": mine["DATABRICKS_HOST"],
        "DATABRICKS_CLIENT_ID": mine["DATABRICKS_CLIENT_ID"],
        "DATABRICKS_CLIENT_SECRET": mine["DATABRICKS_CLIENT_SECRET"],
        "LAKEBASE_ENDPOINT": ENDPOINT,
        "PGHOST": lakebase.hosts["demo"],
        "PGPORT": str(lakebase.ports["gateway"]),
        "PGDATABASE": "databricks_postgres",
        "PGSSLMODE": "require",
    }
