"""A user id that no passwd entry stands for, as containers have: libpq alone cannot even tell who is asking."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import PGBIN, Client, Outcome
from support.gateway_log import assert_safe_logins
from support.secret_watch import SecretWatch
from support.stub import Stub

APP = inventory.APP.name
# Not test_identities', which may run at the same time.
UID = 4243
BECOME = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]


@pytest.fixture
def stranger(build: Path, lakebase: LocalLakebase, secret_watch: SecretWatch) -> Iterator[Client]:
    """Everything where that user can read it; no home."""
    directory = Path(tempfile.mkdtemp(prefix="pglakebase-test-", dir="/tmp"))
    directory.chmod(0o755)
    secret_watch.watch_directory(directory)
    stub = Stub(directory / "stub", build, lakebase)
    stub.does("answer", token=lakebase.mint(APP))
    client = Client(stub.library, build, lakebase, directory)
    client.cache.mkdir()
    shutil.copy(lakebase.ca_file, directory / "ca.pem")
    client.env.update({"SSL_CERT_FILE": str(directory / "ca.pem"), "PGSYSCONFDIR": str(directory)})
    client.service("orders", file=directory / "pg_service.conf").chmod(0o644)
    (directory / "ca.pem").chmod(0o644)
    for path in (client.home, client.cache, stub.helper.parent, stub.helper.with_name("stub.json"), stub.directory):
        os.chown(path, UID, UID)
    del client.env["HOME"]
    yield client
    secret_watch.scan_files()
    secret_watch.directories.discard(directory)
    shutil.rmtree(directory)
    shutil.rmtree(f"/dev/shm/pglakebase-{UID}", ignore_errors=True)


def psql(client: Client, *argv: str, **options: object) -> Outcome:
    return client.run(PGBIN / "psql", "-XAtw", "-c", "select current_user", *argv, prefix=BECOME, **options)


@pytest.mark.parametrize("home", [None, "/nonexistent"])
def test_connects(stranger: Client, home: str | None, lakebase: LocalLakebase) -> None:
    assert psql(stranger, "service=orders", env={"HOME": home}).ok().text == APP
    assert_safe_logins(lakebase)


def test_connects_without_a_cache_of_its_own(stranger: Client) -> None:
    del stranger.env["PGLAKEBASE_CACHE_DIR"]
    assert psql(stranger, "service=orders").ok().text == APP
    shared = Path(f"/dev/shm/pglakebase-{UID}")
    assert (shared.stat().st_mode & 0o777, shared.stat().st_uid) == (0o700, UID)
    assert list(shared.glob("credential-*"))


@pytest.mark.parametrize("way", ["connectdb", "start"])
def test_user_and_database_are_filled_in(stranger: Client, probes: Path, way: str) -> None:
    probe = stranger.home.parent / "connect_probe"
    shutil.copy(probes / "connect_probe", probe)
    values = stranger.run(probe, way, "service=orders", prefix=BECOME).ok().values
    assert (values["user"], values["current_user"], values["db"]) == (APP, APP, "databricks_postgres")


def test_a_given_user_stands(stranger: Client) -> None:
    done = psql(stranger, f"service=orders dbname=databricks_postgres user={inventory.GROUP_ROLE}").ok()
    assert done.text == inventory.GROUP_ROLE


def test_elsewhere_libpq_s_own_words(stranger: Client, lakebase: LocalLakebase) -> None:
    conninfo = f"host=127.0.0.1 port={lakebase.ports['plain']}"
    ours, plain = psql(stranger, conninfo), psql(stranger, conninfo, preload=False)
    assert ours == plain
    assert str(UID).encode() in plain.err
