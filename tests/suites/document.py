"""docs/SUITES.md, made of the table and of what a run showed."""

from __future__ import annotations

from collections.abc import Mapping

from support.build import ROOT

from .table import NOT_RUN, SUITES

FILE = ROOT / "docs" / "SUITES.md"
HEAD = """# Other people's tests

A program that has nothing to do with Lakebase must not notice the library. `scripts/test --full` shows it with tests that others
wrote: they run once with the library preloaded (their servers, too, where they start some) and once without, and each single test has
to say the same both times. With `PGLAKEBASE_WRITE_SUITES=1` it also writes this page. The sources are fetched from Debian's archive
into `build/`, PostgreSQL's in the installed version; the drivers are built of the sources that their tests come from.

| suite | sources | without the library | with it | left out |
|---|---|---|---|---|
"""
MIDDLE = """
Suites of PostgreSQL's that are not run:

| suite | why |
|---|---|
"""


def render(counts: Mapping[str, tuple[str, str]]) -> str:
    rows = ""
    for suite in SUITES:
        without, with_it = counts.get(suite.name, ("not run", "not run"))
        left_out = "; ".join(f"{name}: {why}" for name, why in suite.left_out.items()) or "nothing"
        rows += f"| {suite.name} | {suite.source}, `{suite.directory}` | {without} | {with_it} | {left_out} |\n"
    return HEAD + rows + MIDDLE + "".join(f"| {name} | {why} |\n" for name, why in NOT_RUN.items())
