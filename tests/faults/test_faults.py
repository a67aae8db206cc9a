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


CELLS = [Cell(row, state, processes) for row in ROWS for state in State for processes in (1, MANY)]
# A process of the official client has its settings from its start on.
MEASURED = [(row, state) for row in ROWS if row.official for state in (State.COLD, State.EXPIRED)
            if state is State.COLD or not changes_a_setting(row)]


@pytest.mark.parametrize("cell", [pytest.param(cell, marks=marks(cell.row, is_usual(cell)), id=cell.name) for cell in CELLS])
def test_cell(cell: Cell, outcomes: dict[Cell, "Future[list[str]]"]) -> None:
    assert outcomes[cell].result() == []


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
def test_a_whole_run_is_written_down() -> None:
    whole = sum(map(len, _seen.values())) == len(MEASURED)
    if whole and os.environ.get("PGLAKEBASE_WRITE_FAULTS"):
        document.FILE.write_text(document.render(_seen))


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
