"""The fault table, cell by cell; the official client is measured, not judged."""

from __future__ import annotations

import os
from concurrent.futures import Future

import pytest

from . import document
from .driver import MANY, Cell
from .model import Row, State
from .official import Verdict
from .switches import Setting
from .table import ROWS


def marks(row: Row, usual: bool) -> list[pytest.MarkDecorator]:
    needed = [pytest.mark.skipif(os.geteuid() != 0, reason="needs root")] if row.root else []
    return needed if usual else [*needed, pytest.mark.full]


def changes_a_setting(row: Row) -> bool:
    return any(isinstance(switch, Setting) for switch in row.switches)


def is_usual(cell: Cell) -> bool:
    """What a changed setting does depends on the state most."""
    return cell.processes == 1 and (cell.state is State.COLD or changes_a_setting(cell.row))


# The document is written of all cells; else each row meets its crowd in two states, the cold one and another.
EVERYTHING = bool(os.environ.get("PGLAKEBASE_WRITE_FAULTS"))
WARM = [state for state in State if state is not State.COLD]


def crowded(row: Row, state: State) -> bool:
    return EVERYTHING or state is State.COLD or state is WARM[ROWS.index(row) % len(WARM)]


CELLS = [Cell(row, state, processes) for row in ROWS for state in State for processes in (1, MANY)
         if processes == 1 or crowded(row, state)]
# A process of the official client has its settings from its start on.
MEASURED = [(row, state) for row in ROWS if row.official for state in (State.COLD, State.EXPIRED)
            if state is State.COLD or not changes_a_setting(row)]


@pytest.mark.parametrize("cell", [pytest.param(cell, marks=marks(cell.row, is_usual(cell)), id=cell.name) for cell in CELLS])
def test_cell(cell: Cell, outcomes: dict[Cell, "Future[list[str]]"]) -> None:
    _ours[cell] = outcomes[cell].result()
    assert _ours[cell] == []


_ours: dict[Cell, list[str]] = {}
_seen: dict[str, dict[str, Verdict]] = {}


@pytest.mark.parametrize("measured", [pytest.param(one, marks=marks(one[0], False), id=f"{one[0].name}-{one[1].value}")
                                      for one in MEASURED])
def test_official_client_is_measured(measured: tuple[Row, State],
                                     verdicts: dict[tuple[Row, State], "Future[Verdict]"]) -> None:
    row, state = measured
    verdict = verdicts[measured].result()
    print(f"{row.name}, {state.value}: {'passes' if verdict.passed else 'fails'}: {verdict.text}")
    _seen.setdefault(row.name, {})[state.value] = verdict


@pytest.mark.full
def test_the_document_says_what_this_run_saw() -> None:
    if EVERYTHING and sum(map(len, _seen.values())) == len(MEASURED) and len(_ours) == len(CELLS):
        document.FILE.write_text(document.render(_seen, _ours))
    if len(_ours) == len(CELLS):
        assert document.FILE.read_text().endswith(f"; {document.passed_by_us(_ours)}.\n")


def test_what_failed_is_named() -> None:
    good, bad = (next(cell for cell in CELLS if cell.row is row) for row in ROWS[:2])
    assert document.passed_by_us({good: [], bad: []}) == "this product passes all 2"
    assert document.passed_by_us({good: [], bad: ["slow"]}) == f"this product passes 1 of 2, not {bad.row.name}"


def test_the_table_is_whole() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names)) >= 35
    assert len({row.broken for row in ROWS}) == len(names)


def test_the_document_is_up_to_date() -> None:
    lines = document.FILE.read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| row |")]
    assert len(rows) == len(ROWS)
    for line, row in zip(rows, ROWS):
        assert line.startswith(document.our_columns(row)), row.name
