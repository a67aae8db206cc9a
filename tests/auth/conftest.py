"""The whole product in front of psql, and nothing in the environment but what a test puts there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from shim.hosts import running
from support.build import helper, library
from support.client import Client, Outcome
from support.waiting import wait_until

ENDPOINT = "projects/shop/branches/production/endpoints/primary"


class SignIn:
    def __init__(self, client: Client, lakebase: LocalLakebase, directory: Path) -> None:
        self.client = client
        self.lakebase = lakebase
        self.directory = directory
        self.env = {"DATABRICKS_HOST": lakebase.workspace()["url"], "LAKEBASE_ENDPOINT": ENDPOINT}

    def psql(self, patience: int = 30, **env: str) -> Outcome:
        conninfo = self.client.direct(dbname="databricks_postgres")
        return self.client.psql(conninfo, env={**self.env, "PGCONNECT_TIMEOUT": str(patience), **env})

    def user(self, **env: str) -> str:
        return self.psql(**env).ok().text

    def refusal(self, patience: int = 30, **env: str) -> str:
        """The sentence; one line with a next step."""
        outcome = self.psql(patience, **env)
        assert outcome.code == 2, outcome
        sentence = outcome.error
        assert "\n" not in sentence and ";" in sentence, sentence
        for secret in ("planted-description", "eyJ", "dapi", "dose", "pw-", "ya29", "BEGIN"):
            assert secret not in sentence
        return sentence

    def calls(self) -> dict[str, int]:
        return {route.split(" ", 1)[1]: count for route, count in self.lakebase.counters()["calls"].items()}


@pytest.fixture
def sign_in(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Iterator[SignIn]:
    client = Client(library(build), build, lakebase, tmp_path)
    del client.env["DATABRICKS_CONFIG_FILE"]
    yield SignIn(client, lakebase, tmp_path)
    # One that is still at work would count in the next test.
    assert wait_until(lambda: running(helper(build)) == [])
