"""The measured part of docs/PERFORMANCE.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.report import Row, markdown

BEGIN = "<!-- scripts/bench --write-doc writes from here … -->"
END = "<!-- … to here -->"


def write(page: Path, rows: Sequence[Row], machine: dict[str, str]) -> None:
    head, _, rest = page.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items())
    page.write_text(f"{head}{BEGIN}\n\n{facts}\n\n{markdown(rows)}\n\n{END}{tail}")
