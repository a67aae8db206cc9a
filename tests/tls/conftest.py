"""The library and the helper as built, with all the system's roots and the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import library
from support.client import Client
from support.roots import Roots


@pytest.fixture
def client(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Client:
    return Client(library(build), build, lakebase, tmp_path)


@pytest.fixture
def roots(client: Client, tmp_path: Path) -> Roots:
    return Roots(client, tmp_path / "bundle.crt")
