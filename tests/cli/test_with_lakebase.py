"""The command, the real helper and the library against a local Lakebase."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import build_directory, helper, library

from .conftest import Sandbox

CREDENTIALS = "POST /api/2.0/postgres/credentials"
TOKENS = "POST /oidc/v1/token"
PSQL = "/usr/lib/postgresql/15/bin/psql"
QUERY = ["-XAtqw", "-c", "select current_user"]


@pytest.fixture
def real(sandbox: Sandbox, lakebase: LocalLakebase) -> Sandbox:
    shutil.copy(helper(build_directory()), sandbox.tools / "pglakebase-fetch")
    shutil.copy(library(build_directory()), sandbox.library)
    base = {name: sandbox.environment[name] for name in ("HOME", "PATH", "PGLAKEBASE_CACHE_DIR")}
    sandbox.environment = base | lakebase.env()
    sandbox.environment.pop("PGSERVICE", None)
    return sandbox


def query_with(arguments: list[str], **env: str) -> str:
    done = subprocess.run([PSQL, *QUERY, *arguments], env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def role(lakebase: LocalLakebase) -> str:
    return lakebase.env()["DATABRICKS_CLIENT_ID"]


def test_token_logs_in(real: Sandbox, lakebase: LocalLakebase) -> None:
    done = real.run("token", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    conninfo = lakebase.conninfo(user=role(lakebase))
    assert query_with([conninfo], PGPASSWORD=done.stdout.strip()) == role(lakebase)


def test_password_file_logs_in(real: Sandbox, lakebase: LocalLakebase, tmp_path: Path) -> None:
    file = tmp_path / "pgpass"
    file.write_text(real.run("token", "demo", "--format", "pgpass").stdout)
    file.chmod(0o600)
    conninfo = lakebase.conninfo(user=role(lakebase))
    assert query_with([conninfo], PGPASSFILE=str(file)) == role(lakebase)


def test_uri_logs_in(real: Sandbox, lakebase: LocalLakebase) -> None:
    uri = real.run("token", "demo", "--format", "uri").stdout.strip()
    env = {"PGSSLROOTCERT": str(lakebase.ca_file), "PGHOSTADDR": "127.0.0.1"}
    assert query_with(["-d", uri], **env) == role(lakebase)


def test_command_and_library_share_one_credential(real: Sandbox, lakebase: LocalLakebase) -> None:
    assert real.run("token", "demo").returncode == 0
    done = real.run("run", "--", PSQL, *QUERY, "service=demo")
    assert (done.returncode, done.stdout, done.stderr) == (0, role(lakebase) + "\n", "")
    calls = (lakebase.calls(TOKENS), lakebase.calls(CREDENTIALS))
    assert calls == (1, 1)


def test_warmed_program_connects_without_another_call(real: Sandbox, lakebase: LocalLakebase) -> None:
    done = real.run("run", "--service", "demo", "--", PSQL, *QUERY)
    assert (done.returncode, done.stdout, done.stderr) == (0, role(lakebase) + "\n", "")
    assert lakebase.calls(CREDENTIALS) == 1


def test_force_and_forget_cost_one_call_each(real: Sandbox, lakebase: LocalLakebase) -> None:
    first = real.run("token", "demo").stdout
    second = real.run("token", "demo", "--force").stdout
    assert second not in ("", first)
    assert lakebase.calls(CREDENTIALS) == 2
    assert real.run("token", "demo").stdout == second
    assert real.run("forget", "demo").stdout == "Forgot demo: its credential, its identity.\n"
    assert real.run("token", "demo").stdout not in ("", first, second)
    assert (lakebase.calls(CREDENTIALS), lakebase.calls(TOKENS)) == (3, 1)
    assert real.run("forget", "--all").returncode == 0
    assert real.run("token", "demo").returncode == 0
    assert (lakebase.calls(CREDENTIALS), lakebase.calls(TOKENS)) == (4, 2)


def test_status(real: Sandbox, lakebase: LocalLakebase) -> None:
    assert json.loads(real.run("token", "demo", "--format", "json").stdout)["user"] == role(lakebase)
    entry = json.loads(real.run("status", "--json").stdout)["entries"][0]
    assert "demo" in entry["services"]
    assert entry["hosts"] == [lakebase.hosts["demo"]]
    assert (entry["user"], entry["state"]) == (role(lakebase), "fresh")
    assert "fetching" not in entry


def test_refused_for_good(real: Sandbox, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "status", TOKENS, status=401, body={"error": "invalid_client"})
    done = real.run("run", "--service", "demo", "--", "echo", "started")
    assert (done.returncode, done.stdout) == (4, "")
    assert real.run("token", "demo").returncode == 4
    entry = json.loads(real.run("status", "--json").stdout)["entries"][0]
    assert entry["failure"]["permanent"] is True
    assert "demo" in entry["services"]


def test_workspace_away(real: Sandbox, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "status", "*", status=503)
    assert real.run("token", "demo", "--timeout", "2").returncode == 5
    done = real.run("run", "--service", "demo", "--", "echo", "started")
    assert (done.returncode, done.stdout) == (0, "started\n")
    assert done.stderr.startswith("pglakebase: ")


def test_short_lives_cannot_be_stretched(real: Sandbox, lakebase: LocalLakebase) -> None:
    lakebase.set_token_lifetime(120)
    done = real.run("token", "demo", "--min-life", "600")
    assert (done.returncode, done.stdout) == (1, "")
    assert "ask for a smaller --min-life" in done.stderr


def test_no_secret_in_any_output(real: Sandbox, lakebase: LocalLakebase) -> None:
    secrets = [value for name, value in real.environment.items() if "SECRET" in name or "TOKEN" in name]
    token = real.run("token", "demo").stdout.strip()
    seen = ""
    for arguments in (["status"], ["status", "--json"], ["run", "--service", "demo", "--", "env"], ["forget", "demo"]):
        done = real.run(*arguments)
        assert done.returncode == 0
        seen += done.stdout + done.stderr
    assert token and token not in seen
    for secret in secrets:
        # The program has the environment that it was given, and no more of it.
        assert seen.count(secret) <= 1
