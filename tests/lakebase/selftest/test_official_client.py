"""The official npm client connects, unmodified: the measure of how faithful the local Lakebase is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..client import LocalLakebase
from ..files import ENDPOINT
from ..inventory import APP
from .http_client import ENDPOINT_CREDENTIALS, TOKEN_ROUTE

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "tests" / "npm"
BUILD = Path(os.environ.get("LOCAL_LAKEBASE_NPM_DIR", ROOT / "build" / "npm"))


@pytest.fixture(scope="module")
def modules() -> Path:
    """The pinned packages, installed outside the sources once."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    BUILD.mkdir(parents=True, exist_ok=True)
    pinned = (SCRIPTS / "package.json").read_text()
    installed = BUILD / "package.json"
    if not (BUILD / "node_modules" / "pg").exists() or installed.read_text() != pinned:
        installed.write_text(pinned)
        command = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            installed.unlink()
            pytest.skip(f"npm install failed: {done.stderr[-500:]}")
    return BUILD / "node_modules"


def run_node(lakebase: LocalLakebase, modules: Path, tmp_path: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    host = lakebase.hosts["demo"]
    mine = lakebase.env()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "NODE_PATH": str(modules),
        "NODE_EXTRA_CA_CERTS": mine["NODE_EXTRA_CA_CERTS"],
        "DATABRICKS_HOST": mine["DATABRICKS_HOST"],
        "DATABRICKS_CLIENT_ID": mine["DATABRICKS_CLIENT_ID"],
        "DATABRICKS_CLIENT_SECRET": mine["DATABRICKS_CLIENT_SECRET"],
        "LAKEBASE_ENDPOINT": ENDPOINT,
        "PGHOST": host,
        "PGPORT": str(lakebase.ports["gateway"]),
        "PGDATABASE": "databricks_postgres",
        "PGSSLMODE": "require",
        **more,
    }
    command = ["node", str(SCRIPTS / "connect.cjs")]
    if can_mount():
        hosts = tmp_path / "hosts"
        hosts.write_text(f"{Path('/etc/hosts').read_text()}\n127.0.0.1 {host}\n")
        mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", mount, str(hosts), *command]
    else:
        command[1:1] = ["--require", str(SCRIPTS / "resolve.cjs")]
        environment["LOCAL_HOSTS"] = host
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


def can_mount() -> bool:
    """Whether this process may have a private /etc/hosts."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


def test_connects(lakebase: LocalLakebase, modules: Path, tmp_path: Path) -> None:
    done = run_node(lakebase, modules, tmp_path)
    assert (done.stdout.strip(), done.returncode) == (APP.name, 0), done.stderr
    assert lakebase.calls(TOKEN_ROUTE) == 1
    assert lakebase.calls(ENDPOINT_CREDENTIALS) == 1
    logins = lakebase.connections()
    assert len(logins) >= 2
    for login in logins:
        assert login["result"] == "ok"
        assert login["password_kind"] == "jwt"
        assert login["sni"] == lakebase.hosts["demo"]


def test_wrong_secret_is_refused(lakebase: LocalLakebase, modules: Path, tmp_path: Path) -> None:
    done = run_node(lakebase, modules, tmp_path, DATABRICKS_CLIENT_SECRET="dose-not-this-one")
    assert done.returncode == 1
    assert lakebase.calls(ENDPOINT_CREDENTIALS) == 0
    assert lakebase.counters()["statuses"][f"demo {TOKEN_ROUTE} 401"] >= 1


def test_wrong_user_is_refused(lakebase: LocalLakebase, modules: Path, tmp_path: Path) -> None:
    done = run_node(lakebase, modules, tmp_path, PGUSER="dev@example.com")
    assert done.returncode == 1
    assert "did not match the security label" in done.stderr


def test_certificate_is_verified(lakebase: LocalLakebase, modules: Path, tmp_path: Path) -> None:
    lakebase.use_certificate("untrusted")
    done = run_node(lakebase, modules, tmp_path, PGPORT=str(lakebase.ports["odd"]))
    assert done.returncode == 1
    assert not any(login["password_received"] for login in lakebase.connections())
