"""A password file is asked about where there is one: its password stands for a host that no service names."""

from __future__ import annotations

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.stub import Stub

APP = inventory.APP.name
PROFILE = {"DATABRICKS_CONFIG_PROFILE": "DEMO"}


@pytest.mark.parametrize("place", ["home", "PGPASSFILE"])
def test_password_of_a_file_stands(stubbed: Client, stub: Stub, place: str) -> None:
    file = stubbed.home / (".pgpass" if place == "home" else "elsewhere")
    file.write_text("*:*:*:*:of-the-file\n")
    file.chmod(0o600)
    env = PROFILE if place == "home" else {**PROFILE, "PGPASSFILE": str(file)}
    done = stubbed.psql(stubbed.direct(), "-w", env={**env, "PGUSER": APP})
    assert done.code == 2 and stub.runs() == []


def test_without_one_a_token_is_fetched(stubbed: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    assert stubbed.psql(stubbed.direct(), "-w", env=PROFILE).ok().text == APP
    assert len(stub.runs()) == 1


def test_file_for_another_host_changes_nothing(stubbed: Client, stub: Stub) -> None:
    file = stubbed.home / ".pgpass"
    file.write_text("db.example.net:*:*:*:of-the-file\n")
    file.chmod(0o600)
    assert stubbed.psql(stubbed.direct(), "-w", env=PROFILE).ok().text == APP
    assert len(stub.runs()) == 1
