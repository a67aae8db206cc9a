"""A product of its own for each test, and what crowds need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.product import Product


@pytest.fixture
def product(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Iterator[Product]:
    made = Product(build, lakebase, tmp_path)
    yield made
    made.end_helpers()


@pytest.fixture(scope="session")
def crowd_probes(build: Path) -> Path:
    return build / "tests" / "cache" / "probes"


@pytest.fixture(scope="module")
def fleet_server() -> Iterator[LocalLakebase]:
    with LocalLakebase(fleet=50) as running:
        yield running


@pytest.fixture
def fleet(fleet_server: LocalLakebase) -> LocalLakebase:
    fleet_server.reset()
    return fleet_server
