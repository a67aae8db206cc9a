"""One cell of the table: a row, a state of the cache, a number of processes; what does not fit comes back as text."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from support.secret_watch import SecretWatch

from .arena import Arena, Attempt
from .model import Expectation, Fails, Row, State

MANY = 32
# A crowd takes longer to start, on two busy cores.
CROWD_SECONDS = 20
# Who asks again while the helper is still at an attempt that hangs waits for that attempt's end.
PROBE_PATIENCE = 30


@dataclass(frozen=True)
class Cell:
    row: Row
    state: State
    processes: int

    @property
    def name(self) -> str:
        return f"{self.row.name}-{self.state.value.replace(' ', '-')}-{self.processes}"


def run_cell(cell: Cell, arena: Arena, watch: SecretWatch) -> list[str]:
    """Empty if everything is as the table says."""
    for switch in cell.row.switches:
        switch.prepare(arena)
    arena.reach(cell.state)
    for switch in cell.row.switches:
        switch.on(arena)
    arena.lakebase.forget()
    expected = cell.row.expected(cell.state)
    attempt = arena.attempt(cell.processes, cell.row.patience)
    problems = judge(cell, expected, attempt, arena.calls_made())
    if isinstance(expected, Fails) and any(c["password_received"] and c["result"] == "ok" for c in arena.lakebase.connections()):
        problems.append("somebody logged in")
    problems += recover(cell, expected, arena)
    problems += secrets(attempt, arena, watch)
    return problems


def judge(cell: Cell, expected: Expectation, attempt: Attempt, calls: int) -> list[str]:
    problems = []
    limit = expected.calls * (cell.processes if cell.row.calls_of_each else 1)
    if calls > limit:
        problems.append(f"{calls} calls, {limit} at most")
    seconds = expected.seconds + (CROWD_SECONDS if cell.processes > 1 else 0)
    if attempt.seconds > seconds:
        problems.append(f"took {attempt.seconds:.1f} s, {seconds} at most")
    if isinstance(expected, Fails):
        if attempt.good:
            problems.append(f"{attempt.good} connected")
        problems += [f"says {line!r}, not /{expected.words}/" for line in attempt.messages if not re.search(expected.words, line)]
        if not attempt.messages:
            problems.append("says nothing")
    elif attempt.good != cell.processes or attempt.messages:
        problems.append(f"{attempt.good} connected: {attempt.messages}")
    return problems


def recover(cell: Cell, expected: Expectation, arena: Arena) -> list[str]:
    """The fault is gone: the next connect works, once nobody is held back any more."""
    arena.restore()
    for switch in cell.row.switches:
        switch.off(arena)
    problems = []
    if not cell.row.mended_at_once:
        held = arena.pass_hold()
        if isinstance(expected, Fails) and held > expected.hold:
            problems.append(f"nobody asks again for {held} s, {expected.hold} at most")
    probe = arena.attempt(1, PROBE_PATIENCE)
    if probe.good != 1 or probe.messages:
        problems.append(f"no recovery: {probe.messages}")
    return problems


def secrets(attempt: Attempt, arena: Arena, watch: SecretWatch) -> list[str]:
    """What the watch sees of outputs and readable files it reports for the whole session; this is the cell's own."""
    said = "\n".join([*attempt.messages, arena.left_behind()]).encode()
    problems = [f"{what} in an output" for what in watch.secrets_in(said)]
    if arena.cache.is_dir():
        problems += [f"{file.name} is readable to others" for file in [arena.cache, *arena.cache.iterdir()] if is_open(file)]
    return problems


def is_open(file: Path) -> bool:
    try:
        return bool(stat.S_IMODE(file.lstat().st_mode) & 0o077)
    except FileNotFoundError:
        return False
