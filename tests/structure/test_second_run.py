"""What scripts/test does with pytest's failed tests: once more, alone, and it says so."""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from support import summary
from support.build import ROOT

UNSTEADY = """
def test_unsteady(x=0):
    mark = pathlib.Path(__file__).with_name(f"was-here-{x}")
    seen = mark.exists()
    mark.touch()
    assert seen
"""
GOOD = "def test_good(): pass\n"
BAD = "def test_bad(): assert False\n"
LAST = "@pytest.mark.last\n" + UNSTEADY.strip() + "\n"


@pytest.fixture
def scripts_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("scripts_test", str(ROOT / "scripts" / "test"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, loader.name, module)
    loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def run(module: ModuleType, directory: Path, text: str) -> list[str]:
    (directory / "conftest.py").write_text("from support.failed_list import pytest_addoption, pytest_configure\n")
    file = directory / "test_it.py"
    file.write_text(f"import os, pathlib, pytest\n{text}")
    suite = module.Suite(argparse.Namespace(keyword=None, tests=[str(file)]))
    suite.pytest("step", "none", [])
    out = io.StringIO()
    summary.report(suite.totals, {}, out)
    return [line.replace("step: ", "") for line in out.getvalue().splitlines()]


def test_unsteady_ones_are_named(scripts_test: ModuleType, tmp_path: Path) -> None:
    assert run(scripts_test, tmp_path, GOOD + UNSTEADY) == [
        "unsteady: test_unsteady failed, and passed only when it ran once more, alone", "2 passed, 0 failed"]


def test_one_that_fails_twice_has_failed(scripts_test: ModuleType, tmp_path: Path) -> None:
    assert run(scripts_test, tmp_path, GOOD + UNSTEADY + BAD) == [
        "FAILED test_bad", "unsteady: test_unsteady failed, and passed only when it ran once more, alone",
        "2 passed, 1 failed"]


@pytest.mark.parametrize("text, passed", [
    (GOOD + UNSTEADY.replace("x=0", "x").replace("def", "@pytest.mark.parametrize('x', range(6))\ndef"), 1),
    (GOOD + LAST, 1),
    (GOOD + UNSTEADY + "def test_ends_all(): pytest.exit('enough', 3)\n", 2),
], ids=["many", "what judges all", "a broken run"])  # fmt: skip
def test_many_and_what_judges_all_and_a_broken_run_are_not_run_again(scripts_test: ModuleType, tmp_path: Path,
                                                                    text: str, passed: int) -> None:  # fmt: skip
    said = run(scripts_test, tmp_path, text)
    assert said[:-1] != [] and all(line.startswith("FAILED ") for line in said[:-1])
    assert said[-1] == f"{passed} passed, {len(said) - 1} failed"
    assert not (tmp_path / "step-again.xml").exists()
