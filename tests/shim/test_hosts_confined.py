"""Hosts behind filters, and daemons that give rights up."""

from __future__ import annotations

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
