"""What the tests of all parts share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import build_directory
from support.failed_list import pytest_addoption, pytest_configure  # noqa: F401
from support.secret_watch import SecretWatch, outputs_watched


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What judges the whole session comes last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session", autouse=True)
def secret_watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretWatch]:
    watch = SecretWatch()
    watch.watch_directory(tmp_path_factory.getbasetemp())
    start = LocalLakebase.start

    def started(lakebase: LocalLakebase) -> LocalLakebase:
        start(lakebase)
        watch.plant_lakebase(lakebase.info)
        watch.watch_directory(lakebase.directory)
        return lakebase

    watch.start()
    with pytest.MonkeyPatch.context() as patch, outputs_watched(watch):
        patch.setattr(LocalLakebase, "start", started)
        yield watch
    watch.stop()


@pytest.fixture(scope="session")
def build() -> Path:
    return build_directory()


@pytest.fixture(scope="session")
def server(secret_watch: SecretWatch) -> Iterator[LocalLakebase]:
    """One for all tests; `lakebase` gives it as it was at start."""
    with LocalLakebase() as running:
        yield running


@pytest.fixture
def lakebase(server: LocalLakebase) -> LocalLakebase:
    server.reset()
    return server
