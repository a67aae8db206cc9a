"""Hosts behind filters, and daemons that give rights up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory

from .hosts import APP, Hosts, connected

NOBODY = "65534"


@pytest.mark.parametrize("refused", ["clone", "memfd", "both", "killed"])
def test_filtered_system_calls(hosts: Hosts, refused: str) -> None:
    values = hosts.run("confined", "filtered", refused)
    connected(values, "first", "second")
    assert (values["visible_child"], values["zombies"]) == ("0", "0")
    assert hosts.fetches() == 1


def test_no_process_at_all(hosts: Hosts) -> None:
    values = hosts.run("confined", "filtered", "processes")
    assert values["first_status"] == "bad"
    assert "pglakebase-fetch cannot be started (error 1): a limit or sandbox" in values["first_error"]
    hosts.client.psql("service=orders").ok()
    connected(hosts.run("confined", "filtered", "processes"))


def by_environment(hosts: Hosts) -> None:
    """What another user cannot read is not needed."""
    lakebase, client = hosts.lakebase, hosts.client
    workspace = lakebase.workspace()
    client.env |= {"DATABRICKS_HOST": workspace["url"], "DATABRICKS_CLIENT_ID": inventory.APP.name,
                   "DATABRICKS_CLIENT_SECRET": workspace["secrets"][inventory.APP.name], "HOME": "/nonexistent"}
    del client.env["DATABRICKS_CONFIG_FILE"]


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A directory that others may enter, however private the place of this checkout and of temporary files is."""
    with tempfile.TemporaryDirectory(prefix="lakebase-public-", dir="/tmp") as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_rights_put_aside(hosts: Hosts, everybodys: Path) -> None:
    """The kernel would make a helper for which SSL_CERT_FILE, HOME and PATH do not count."""
    by_environment(hosts)
    client = hosts.client
    library = everybodys / "shim" / client.library.name
    for source, copy in ((client.library, library), (client.library.parent.parent / "cli" / "pglakebase-fetch", None),
                         (hosts.lakebase.ca_file, everybodys / "ca.pem")):
        copy = copy or everybodys / "cli" / source.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, copy)
        copy.chmod(0o755)
    cache = everybodys / "cache"
    cache.mkdir(mode=0o700)
    os.chown(cache, int(NOBODY), int(NOBODY))
    client.env |= {"SSL_CERT_FILE": str(everybodys / "ca.pem"), "PGLAKEBASE_CACHE_DIR": str(cache)}
    conninfo = client.direct(sslrootcert=str(everybodys / "ca.pem"))
    values = hosts.run("confined", "aside", NOBODY, conninfo=conninfo, preload=False, env={"LD_PRELOAD": str(library)})
    connected(values)
    # Of the program itself nothing has changed.
    assert (values["users"], values["dumpable"], values["again"]) == (f"0 {NOBODY} 0", "1", "1")
    assert {path.stat().st_uid for path in cache.iterdir()} == {int(NOBODY)}


def test_dropped_identity(hosts: Hosts, tmp_path: Path) -> None:
    by_environment(hosts)
    values = hosts.run("confined", "dropped", "", NOBODY, conninfo=hosts.client.direct())
    connected(values)
    assert values["query"] == APP
    # The roots' directory belongs to root alone here: libpq's own trouble, said by it.
    assert int(values["reset_ms"]) < 5000
    assert values["second_status"] in ("ok", "bad")


def test_daemon_in_a_cage(hosts: Hosts, tmp_path: Path) -> None:
    """No helper and no cache are to be found there: the connection lives, and fails clearly."""
    by_environment(hosts)
    cage = tmp_path / "cage"
    cage.mkdir()
    values = hosts.run("confined", "dropped", str(cage), NOBODY, conninfo=hosts.client.direct())
    connected(values)
    assert values["query"] == APP
    assert values["reset_status"] == values["second_status"] == "bad"
    assert "root certificate file" in values["reset_error"]
    assert values["second_error"].startswith("pglakebase: no token") and values["second_error"].endswith("\\n")
