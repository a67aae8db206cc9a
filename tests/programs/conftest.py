"""The programs' world, and the table of what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import ROOT, library
from support.client import Client

from .scenarios import World

RESULTS = ROOT / "build" / "test-results" / "programs.json"


@pytest.fixture
def world(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> World:
    client = Client(library(build), build, lakebase, tmp_path)
    client.service("orders", "profile=DEMO", dbname="databricks_postgres")
    work = tmp_path / "work"
    work.mkdir()
    return World(client, lakebase, work)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]"):
    """Keeps what each program did, for scripts/programs-table."""
    outcome = yield
    report = outcome.get_result()
    program = getattr(item, "callspec", None) and item.callspec.params.get("program")
    if report.when == "call" and program is not None:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results[program.name] = report.passed
        RESULTS.write_text(json.dumps(results, indent=1))
