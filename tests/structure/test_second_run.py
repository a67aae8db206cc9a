"""What scripts/test does with pytest's failed tests: once more, alone, and it says so."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from support import sessions, summary
from support.build import ROOT
from support.parts import Part
from support.sessions import Sessions
from support.steps import Steps

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


def run(directory: Path, *texts: str) -> list[str]:
    """One session for each text, two at a time if there are more."""
    tests = directory / "tests"
    tests.mkdir()
    (tests / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT / 'tests'}\nmarkers =\n    last\n")
    (tests / "conftest.py").write_text("from support.failed_list import pytest_addoption, pytest_configure\n")
    parts = []
    for number, text in enumerate(texts):
        (tests / f"test_{number}.py").write_text(f"import os, pathlib, pytest\n{text}")
        parts.append(Part(str(number), (f"tests/test_{number}.py",)))
    (directory / "build").mkdir()
    steps = Steps(directory, directory)
    step = Sessions(steps, "step", directory / "build", [], {})
    step.run(parts, min(2, len(parts)))
    step.run_failed_again()
    out = io.StringIO()
    summary.report(steps.totals, {}, out)
    return [re.sub(r"step: test_\d\.", "", line) for line in out.getvalue().splitlines()]


def test_unsteady_ones_are_named(tmp_path: Path) -> None:
    assert run(tmp_path, GOOD + UNSTEADY) == [
        "unsteady: test_unsteady failed, and passed only when it ran once more, alone", "2 passed, 0 failed"]


def test_one_that_fails_twice_has_failed(tmp_path: Path) -> None:
    assert run(tmp_path, GOOD + UNSTEADY + BAD) == [
        "FAILED test_bad", "unsteady: test_unsteady failed, and passed only when it ran once more, alone",
        "2 passed, 1 failed"]


def test_those_of_all_sessions_are_run_again(tmp_path: Path) -> None:
    said = run(tmp_path, GOOD + UNSTEADY, BAD, UNSTEADY.replace("unsteady", "second").replace("was-here", "was-too"))
    assert sorted(said[:-1]) == ["FAILED test_bad", *(
        f"unsteady: test_{name} failed, and passed only when it ran once more, alone" for name in ("second", "unsteady"))]
    assert said[-1] == "3 passed, 1 failed"


@pytest.mark.parametrize("broken", ["import os\nos.kill(os.getpid(), 9)\n", "x = 1\n", "import nowhere\n",
                                    "def test_ends_all(): os._exit(0)\n"])  # fmt: skip
def test_a_session_that_dies_or_has_no_test_has_failed(tmp_path: Path, broken: str) -> None:
    said = run(tmp_path, GOOD + UNSTEADY, broken, GOOD.replace("good", "better"))
    assert said[-1] == "2 passed, 2 failed"
    assert not (tmp_path / "step-again.xml").exists()


def test_a_session_that_hangs_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "LIMIT_S", 15)
    assert run(tmp_path, "import time\ntime.sleep(600)\n", GOOD)[-1] == "1 passed, 1 failed"


@pytest.mark.parametrize("text, passed", [
    (GOOD + UNSTEADY.replace("x=0", "x").replace("def", "@pytest.mark.parametrize('x', range(6))\ndef"), 1),
    (GOOD + LAST, 1),
    (GOOD + UNSTEADY + "def test_ends_all(): pytest.exit('enough', 3)\n", 2),
], ids=["many", "what judges all", "a broken run"])  # fmt: skip
def test_many_and_what_judges_all_and_a_broken_run_are_not_run_again(tmp_path: Path, text: str,
                                                                    passed: int) -> None:  # fmt: skip
    said = run(tmp_path, text)
    assert said[:-1] != [] and all(line.startswith("FAILED ") for line in said[:-1])
    assert said[-1] == f"{passed} passed, {len(said) - 1} failed"
    assert not (tmp_path / "step-again.xml").exists()
