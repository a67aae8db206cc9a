"""Calls, failures and sizes, by the bars' own measurements in their short form."""

from __future__ import annotations

import importlib

import pytest

from bench.arena import Arena
from bench.bars import e2
from bench.report import Row
from support.build import build_options

# Their verdict hangs on how fast the machine is, and how busy.
TIMED = ("instant API", "CPU added", "wall time added", "process time added", "whole process")


def rows(arena: Arena, bar: str) -> list[Row]:
    return importlib.import_module(f"bench.bars.{bar.lower()}").run(arena)


def judged(found: list[Row]) -> list[Row]:
    return [row for row in found if row.passed is not None and not any(word in row.what for word in TIMED)]


@pytest.mark.parametrize("bar, count", [("E3", 2), ("E4", 5), ("E8", 2)])
def test_what_is_counted_is_within_the_bar(arena: Arena, bar: str, count: int) -> None:
    found = judged(rows(arena, bar))
    assert len(found) == count
    assert [row for row in found if not row.passed] == []


def test_library_and_programs_are_small(arena: Arena) -> None:
    found = rows(arena, "E6")
    assert len(found) == 6
    if build_options(arena.build)["buildtype"] == "release":
        assert [row for row in found if not row.passed] == []


def test_program_that_never_connects_looks_as_without(arena: Arena) -> None:
    assert e2.traces(arena).passed


@pytest.mark.parametrize("bar", ["E1b", "E2", "E7"])
def test_measurement_of_time_gives_its_figures(arena: Arena, bar: str) -> None:
    """Whatever they are today."""
    for row in rows(arena, bar):
        assert row.measured
        assert row.figures or "descriptors" in row.what
