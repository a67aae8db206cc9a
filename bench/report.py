"""What the bars give: rows with a verdict, as a table, as JSON and as a page of the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    bar: str
    what: str
    measured: str
    limit: str = ""
    peer: str = ""
    passed: bool | None = None  # None: told, not judged
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        return "" if self.passed is None else "pass" if self.passed else "MISSED"

    @property
    def cells(self) -> tuple[str, ...]:
        return self.bar, self.what, self.measured, self.limit, self.peer, self.verdict


HEADINGS = ("bar", "what", "measured", "limit", "beside it", "")


def table(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def missed(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.passed is False]


def as_json(rows: Sequence[Row], machine: dict[str, str]) -> dict[str, Any]:
    return {"machine": machine, "missed": sorted({row.bar for row in missed(rows)}), "rows": [asdict(row) for row in rows]}
