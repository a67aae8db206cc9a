"""A user's token goes from the program to the workspace, and is seen nowhere on its way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from shim.hosts import running
from support.build import helper
from support.client import PGBIN, Client
from support.waiting import wait_until

from .conftest import DEV, Users

CREDENTIALS = "POST /api/2.0/postgres/credentials"


@pytest.mark.parametrize("way", ["PGPASSWORD", "passfile", "thread"])
@pytest.mark.parametrize("kind", ["pat", "oauth"])
def test_the_helper_shows_no_token(client: Client, users: Users, lakebase: LocalLakebase, build: Path, way: str,
                                   kind: str, tmp_path: Path) -> None:
    token = users.pat(DEV) if kind == "pat" else users.oauth(DEV)
    client.env["PGLAKEBASE_LOG"] = str(tmp_path / "log")
    lakebase.fault("api", "delay", CREDENTIALS, seconds=2)
    env: dict[str, str | None] = {"PGPASSWORD": token} if way == "PGPASSWORD" else {}
    psql = [PGBIN / "psql", "-XAtw", "-c", "select current_user", "-d", client.direct()]
    if way == "passfile":
        psql[-1] += f" passfile={users.passfile(token)}"
    if way == "thread":
        probe = build / "tests" / "exchange" / "probes" / "one_user"
        psql = [probe, build / "src" / "user" / "libpglakebase-user.so.0", users.file(token), client.direct()]
    process = client.start(*psql, env=env)
    assert wait_until(lambda: lakebase.calls(CREDENTIALS) == 1)
    pids = running(helper(build))
    shown = {name: Path("/proc", pid, name).read_bytes() for pid in pids for name in ("environ", "cmdline")}
    out, error = process.communicate(timeout=30)
    assert pids and all(token.encode() not in content for content in shown.values())
    assert any(b"PGLAKEBASE=off" in content for content in shown.values())
    assert DEV in out.decode() and token not in (out + error).decode()
    log = tmp_path / "log"
    assert not log.exists() or token not in log.read_text()
    for file in client.cache.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        assert token.encode() not in file.read_bytes()


def test_no_file_of_others_names_the_user(client: Client, users: Users) -> None:
    """Entries are named by keyed digests: neither the token nor a plain hash of it."""
    token = users.pat(DEV)
    assert client.psql(client.direct(), "-w", env={"PGPASSWORD": token}).ok().text == DEV
    import hashlib

    plain = hashlib.sha256(token.encode()).hexdigest()
    for file in client.cache.iterdir():
        assert plain not in file.name and plain not in file.read_bytes().decode("latin-1")
    assert os.stat(client.cache).st_mode & 0o777 == 0o700
