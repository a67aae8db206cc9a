"""The library as built, in front of real programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import helper, library
from support.client import Client
from support.stub import Stub
from support.waiting import wait_until

from .hosts import Hosts, running
from .preloaded_server import server_place  # noqa: F401


@pytest.fixture
def client(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Client:
    """The whole product: library and helper of the build tree."""
    assert helper(build).exists()
    return Client(library(build), build, lakebase, tmp_path)


@pytest.fixture
def stub(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Iterator[Stub]:
    made = Stub(tmp_path / "stub", build, lakebase)
    yield made
    made.release()


@pytest.fixture
def stubbed(stub: Stub, build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Client:
    """The library with the stub for a helper."""
    return Client(stub.library, build, lakebase, tmp_path)


@pytest.fixture(scope="session")
def probes(build: Path) -> Path:
    """Where the programs of tests/shim/probes are."""
    return build / "tests" / "shim" / "probes"


@pytest.fixture
def hosts(client: Client, probes: Path, build: Path) -> Iterator[Hosts]:
    yield Hosts(client, probes)
    # A refresh that is still under way would count in the next test.
    assert wait_until(lambda: running(helper(build)) == [])
