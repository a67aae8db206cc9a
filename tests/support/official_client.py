"""The official npm client: installed once outside the sources, run unmodified against a local Lakebase."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from lakebase.files import ENDPOINT

from .build import ROOT
from .locked import locked

SCRIPTS = ROOT / "tests" / "npm"
BUILD = Path(os.environ.get("LOCAL_LAKEBASE_NPM_DIR", ROOT / "build" / "npm"))


def install() -> Path:
    """Where its modules are; skips the test if they cannot be had."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    with locked(BUILD):
        return install_once()


def install_once() -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    pinned = (SCRIPTS / "package.json").read_text()
    installed = BUILD / "package.json"
    if not (BUILD / "node_modules" / "pg").exists() or installed.read_text() != pinned:
        installed.write_text(pinned)
        command = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5"]
        done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            installed.unlink()
            pytest.skip(f"npm install failed: {done.stderr[-500:]}")
    return BUILD / "node_modules"


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


def command(script: Path, environment: dict[str, str], directory: Path) -> list[str]:
    """Node with this script; the database's name leads to this machine."""
    host = environment["PGHOST"]
    if not can_mount():
        environment["LOCAL_HOSTS"] = host
        return ["node", "--require", str(SCRIPTS / "resolve.cjs"), str(script)]
    hosts = directory / "hosts"
    hosts.write_text(f"{Path('/etc/hosts').read_text()}\n127.0.0.1 {host}\n")
    mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, str(hosts), "node", str(script)]


def can_mount() -> bool:
    """Whether this process may have a private /etc/hosts."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
