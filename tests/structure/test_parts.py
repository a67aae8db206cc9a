"""What scripts/test makes of the tests: every file once, the longest first; and how workers take them."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from support.build import ROOT
from support.parts import JUDGE, MEASURED, Measured, parts
from support.workers import build_of, link_builds, work_off


def tree(directory: Path, *files: str) -> Path:
    for file in ("test_secrets.py", *files):
        (directory / "tests" / file).parent.mkdir(parents=True, exist_ok=True)
        (directory / "tests" / file).touch()
    return directory


def test_every_file_is_in_one_part() -> None:
    made = parts(ROOT)
    files = [argument for part in made for argument in part.arguments if argument != JUDGE]
    assert sorted(files) == sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py"))
    assert len({part.name for part in made}) == len(made)


def test_what_is_measured_is_there() -> None:
    assert [name for name in MEASURED if not (ROOT / "tests" / name).exists()] == []


def test_each_session_is_judged(tmp_path: Path) -> None:
    made = {part.name: part.arguments for part in parts(tree(tmp_path, "a/test_1.py"))}
    assert made == {"a": ("tests/a/test_1.py", JUDGE), "tests": ("tests/test_secrets.py",)}


def test_order_and_shares(tmp_path: Path) -> None:
    tree(tmp_path, "new/test_1.py", "long/test_1.py", "long/test_2.py", "long/deep/test_3.py", "short/test_1.py", "loud/test_1.py",
         "long/test_4.py")
    made = parts(tmp_path, {"short": Measured(5), "long": Measured(60, 2), "loud": Measured(99, alone=True), "one": Measured(7, 3),
                            "long/test_4.py": Measured(20)})
    assert [(part.name, len(part.arguments) - 1) for part in made if part.name != "tests"] == [
        ("long-1", 2), ("long-2", 1), ("long-test_4", 1), ("short", 1), ("new", 1), ("loud", 1)]


def test_more_shares_than_files(tmp_path: Path) -> None:
    made = parts(tree(tmp_path, "a/test_1.py"), {"a": Measured(5, 3)})
    assert [part.name for part in made] == ["a-1", "tests"]


def test_workers_share_the_work() -> None:
    meet = threading.Barrier(2, timeout=10)
    done: list[tuple[str, int]] = []

    def run(piece: str, worker: int) -> None:
        if piece in ("first", "second"):
            meet.wait()
        if piece == "first":
            time.sleep(0.5)
        done.append((piece, worker))

    work_off(["first", "second", "third", "fourth"], 2, run)
    assert [piece for piece, _ in done] == ["second", "third", "fourth", "first"]
    assert len({worker for piece, worker in done if piece != "first"}) == 1 and {worker for _, worker in done} == {0, 1}


def test_what_one_raises_ends_all() -> None:
    begun: list[int] = []

    def run(piece: int, _worker: int) -> None:
        begun.append(piece)
        if piece == 1:
            raise IndexError("mine")

    with pytest.raises(IndexError, match="mine"):
        work_off(range(100), 1, run)
    assert begun == [0, 1]


def test_each_worker_has_a_build_of_its_own(tmp_path: Path) -> None:
    build = tmp_path / "gcc"
    build.mkdir()
    program = build / "program"
    program.symlink_to("other")
    (build / "other").write_text("new")
    (tmp_path / "gcc-2").mkdir()
    (tmp_path / "gcc-2" / "left").touch()
    link_builds(build, 2)
    copy = build_of(1, build)
    assert build_of(0, build) == build and copy == tmp_path / "gcc-2"
    assert sorted(os.listdir(copy)) == ["other", "program"] and (copy / "program").read_text() == "new"
    assert not (tmp_path / "gcc-3").exists()
