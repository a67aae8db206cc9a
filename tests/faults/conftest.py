"""Runs the selected cells side by side, each worker with a local Lakebase of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lakebase.client import LocalLakebase
from support import official_client
from support.secret_watch import SecretWatch

from .arena import Arena
from .driver import Cell, run_cell
from .official import Verdict, measure

# Most of the time they wait; crowds do not.
WORKERS = 8
CROWDS = 3


class Workers:
    def __init__(self, build: Path, directory: Path) -> None:
        self._build = build
        self._directory = directory
        self._open = ExitStack()
        self._pool = ThreadPoolExecutor(WORKERS)
        self._crowds = ThreadPoolExecutor(CROWDS)
        self._own = threading.local()

    def submit(self, name: str, crowd: bool, job: Callable[[Arena], Any]) -> "Future[Any]":
        return (self._crowds if crowd else self._pool).submit(self._run, name, job)

    def _run(self, name: str, job: Callable[[Arena], Any]) -> Any:
        if not hasattr(self._own, "lakebase"):
            self._own.lakebase = self._open.enter_context(LocalLakebase())
        self._own.lakebase.reset()
        directory = self._directory / name
        directory.mkdir(mode=0o700)
        arena = Arena(self._build, self._own.lakebase, directory)
        try:
            return job(arena)
        finally:
            arena.close()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._crowds.shutdown(cancel_futures=True)
        self._open.close()


@pytest.fixture(scope="module")
def workers(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    made = Workers(build, tmp_path_factory.mktemp("faults"))
    yield made
    made.close()


def selected(request: pytest.FixtureRequest, parameter: str) -> list[Any]:
    """What the tests of this session will ask for."""
    found = [item.callspec.params.get(parameter) for item in request.session.items if hasattr(item, "callspec")]
    return [value for value in found if value is not None]


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, workers: Workers, secret_watch: SecretWatch) -> dict[Cell, "Future[list[str]]"]:
    def job(cell: Cell) -> Callable[[Arena], list[str]]:
        return lambda arena: run_cell(cell, arena, secret_watch)

    return {cell: workers.submit(cell.name, cell.processes > 1, job(cell)) for cell in selected(request, "cell")}


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, workers: Workers, secret_watch: SecretWatch) -> dict[Any, "Future[Verdict]"]:
    modules = official_client.install()

    def job(row: Any, state: Any) -> Callable[[Arena], Verdict]:
        return lambda arena: measure(row, state, arena, modules, secret_watch)

    return {(row, state): workers.submit(f"official-{row.name}-{state.name}", False, job(row, state))
            for row, state in selected(request, "measured")}
