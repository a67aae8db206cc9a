"""The official npm client connects, unmodified: the measure of how faithful the local Lakebase is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support import official_client

from ..client import LocalLakebase
from ..inventory import APP
from .http_client import ENDPOINT_CREDENTIALS, TOKEN_ROUTE


@pytest.fixture(scope="module")
def modules() -> Path:
    return official_client.install()


def run_node(lakebase: LocalLakebase, modules: Path, tmp_path: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = official_client.environment(lakebase, modules, tmp_path) | more
    command = official_client.command(official_client.SCRIPTS / "connect.cjs", environment, tmp_path)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


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
