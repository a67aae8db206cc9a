"""One server for all tests; each finds it as it was at start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..client import LocalLakebase
from .http_client import Api


@pytest.fixture(scope="session")
def server() -> Iterator[LocalLakebase]:
    with LocalLakebase() as running:
        yield running


@pytest.fixture
def lakebase(server: LocalLakebase) -> LocalLakebase:
    server.reset()
    return server


@pytest.fixture
def api(lakebase: LocalLakebase) -> Api:
    return Api(lakebase)
