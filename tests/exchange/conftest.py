"""Users of two workspaces, their tokens, and where they log in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from shim.hosts import running
from support.build import helper, library
from support.client import Client
from support.waiting import wait_until

APP, BATCH, DEV = inventory.APP.name, inventory.BATCH.name, inventory.DEV.name
SAM = inventory.SECOND_USER.name


def age_cache(client: Client, left: int) -> str:
    """A command: the cached credentials, and what is known of their tokens, have `left` seconds."""
    program = Path(__file__).with_name("age_cache.py")
    return f"/usr/bin/env -u LD_PRELOAD /usr/bin/python3 {program} {client.cache} {left}"


class Users:
    """Tokens go to programs as passwords in files or in PGPASSWORD, never in arguments."""

    def __init__(self, lakebase: LocalLakebase, directory: Path) -> None:
        self.lakebase = lakebase
        self._directory = directory
        self._files = 0

    def pat(self, user: str) -> str:
        return self.lakebase.workspace("second" if user == SAM else "demo")["pats"][user]

    def oauth(self, user: str, scope: str = "all-apis", lifetime: int = 3600) -> str:
        return self.lakebase.mint(user, kind="workspace", scope=scope, lifetime=lifetime)

    def passfile(self, token: str) -> str:
        """A file whose one line is for any host; a colon or backslash stands in no token."""
        return str(self.file(f"*:*:*:*:{token}\n"))

    def file(self, content: str) -> Path:
        self._files += 1
        file = self._directory / f"file-{self._files}"
        file.touch(0o600)
        file.write_text(content)
        return file


@pytest.fixture
def users(lakebase: LocalLakebase, tmp_path: Path) -> Users:
    return Users(lakebase, tmp_path)


@pytest.fixture
def client(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Iterator[Client]:
    """As a Databricks App is: the app's own way to sign in, and its name for a user's, stand in the environment."""
    made = Client(library(build), build, lakebase, tmp_path)
    demo = lakebase.workspace()
    del made.env["DATABRICKS_CONFIG_FILE"]
    made.env.update(DATABRICKS_HOST=demo["url"], DATABRICKS_CLIENT_ID=APP,
                    DATABRICKS_CLIENT_SECRET=demo["secrets"][APP])
    yield made
    assert wait_until(lambda: running(helper(build)) == [])
