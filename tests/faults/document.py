"""docs/FAULTS.md: the table for people. What must happen comes from the table, what did happen from a run."""

from __future__ import annotations

from support.build import ROOT

from .driver import Cell
from .model import Expectation, Row, State, Works
from .official import Verdict
from .table import ROWS

FILE = ROOT / "docs" / "FAULTS.md"
HEAD = """# When something breaks

Every row is a fault that the tests switch on in the local Lakebase or around it, with one process and with 32 at once, and with a
cached credential in each of five states. In every cell the right thing must happen in time, with few calls of the API (all processes
together), nothing secret may be in any output, and the first connect after the fault must work again.

*Fresh* and *ageing* credentials are used whatever the API does, those in their *last minute* too where no newer one can be had. So the
table shows only *cold* (nothing cached) and *expired*, and the others where they differ. "fails" is a failed connection with one
sentence that names the cause. The official client is the npm package @databricks/lakebase, run unmodified under the same fault in one
process; it passes (✓) where it works, or fails where this product does, too, within the same time, with an error that names the cause
and, printed by console.error, shows no secret; and where it works again within half a minute after the fault. `scripts/test --full`
measures it, and runs every cell of one process and two of five of the many; with `PGLAKEBASE_WRITE_FAULTS=1` it runs all cells and
writes this page.

| row | what is broken | cold and expired | the rest, where it differs | official client, cold | official client, expired |
|---|---|---|---|---|---|
"""
MARKS = {True: "✓", False: "✗"}


def outcome(expected: Expectation) -> str:
    calls = f"{expected.calls} call{'s' * (expected.calls != 1)} at most"
    return f"{'works' if isinstance(expected, Works) else 'fails'}, {calls}"


def kind(expected: Expectation) -> str:
    return "works" if isinstance(expected, Works) else "fails"


def others(row: Row) -> str:
    kinds = {state: kind(row.expected(state)) for state in (State.FRESH, State.AGEING, State.LAST_MINUTE)}
    if set(kinds.values()) == {"works"}:
        return ""
    return "fail" if set(kinds.values()) == {"fails"} else "; ".join(f"{s.value}: {k}" for s, k in kinds.items())


def ours(row: Row) -> str:
    each = " each" if row.calls_of_each else ""
    cold, expired = outcome(row.expected(State.COLD)), outcome(row.expected(State.EXPIRED))
    return f"{cold}{each}" if cold == expired else f"{cold}; expired: {expired}"


def our_columns(row: Row) -> str:
    return f"| {row.name} | {row.broken} | {ours(row)} | {others(row)} |"


def passed_by_us(ours: dict[Cell, list[str]]) -> str:
    """Of the rows in a run, by the cells' problems: those where all of a row's cells were as the table says."""
    failed = {cell.row.name for cell, problems in ours.items() if problems}
    rows = [row.name for row in ROWS if any(cell.row is row for cell in ours)]
    if not failed:
        return f"this product passes all {len(rows)}"
    return f"this product passes {len(rows) - len(failed)} of {len(rows)}, not {', '.join(sorted(failed))}"


def render(official: dict[str, dict[str, Verdict]], ours: dict[Cell, list[str]]) -> str:
    lines = [HEAD]
    for row in ROWS:
        cells = [official.get(row.name, {}).get(state.value) for state in (State.COLD, State.EXPIRED)]
        texts = [f" {MARKS[cell.passed]} {cell.text} |" if cell else " cannot happen |" for cell in cells]
        lines.append(our_columns(row) + "".join(texts) + "\n")
    good = sum(all(verdict.passed for verdict in verdicts.values()) for verdicts in official.values())
    lines.append(f"\nThe official client passes {good} of the {len(official)} rows that can happen to it; {passed_by_us(ours)}.\n")
    return "".join(lines)
