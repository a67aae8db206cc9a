"""Says for scripts/test which tests failed: --failed-list FILE gets their ids, one a line."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--failed-list", type=Path, metavar="FILE", help="where to write the ids of the tests that failed")


def pytest_configure(config: pytest.Config) -> None:
    if file := config.getoption("failed_list"):
        config.pluginmanager.register(FailedList(file))


class FailedList:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._ids: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # What judges the whole session would judge nothing, run alone.
        if report.failed and "last" not in report.keywords:
            self._ids[f"{report.location[0]}::{report.nodeid.partition('::')[2]}"] = None

    def pytest_sessionfinish(self) -> None:
        self._file.write_text("".join(f"{name}\n" for name in self._ids))
