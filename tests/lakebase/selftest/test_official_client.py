"""The official npm client connects, unmodified: the measure of how faithful the local Lakebase is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support import official_client
from support.official_client import SCRIPTS, environment

from ..client import LocalLakebase
from ..inventory import APP
from .http_client import ENDPOINT_CREDENTIALS, TOKEN_ROUTE


@pytest.fixture(scope="module")
def modules() -> Path:
    try:
        return official_client.install()
    except official_client.Unavailable as reason:
        pytest.skip(str(reason))


def run_node(lakebase: LocalLakebase, modules: Path, tmp_path: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    host = lakebase.hosts["demo"]
    given = environment(lakebase, modules, tmp_path) | more
    command = ["node", str(SCRIPTS / "connect.cjs")]
    if can_mount():
        hosts = tmp_path / "hosts"
        hosts.write_text(f"{Path('/etc/hosts').read_text()}\n127.0.0.1 {host}\n")
        mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", mount, str(hosts), *command]
    else:
        command[1:1] = ["--require", str(SCRIPTS / "resolve.cjs")]
        given["LOCAL_HOSTS"] = host
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=given)


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
