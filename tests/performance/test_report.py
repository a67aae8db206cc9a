"""What is told of the measurements."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench import document
from bench.report import Row, as_json, missed, table
from bench.spread import differences, quantile, spread
from support.build import ROOT

ROWS = [Row("E1", "one", "5 µs", "≤ 6 µs", "", True), Row("E2", "two", "9", "≤ 8", "a peer: 12", False), Row("E3", "three", "told")]


def test_median_and_its_interval() -> None:
    values = spread([float(n) for n in range(101)])
    assert (values.median, values.low, values.high) == (50, 40, 61)
    assert values.middle_half == 50
    assert spread([7.0]).low == spread([7.0]).high == 7


def test_pairs_are_compared_one_by_one() -> None:
    """A machine that slows down half-way does not show."""
    theirs = [10.0] * 5 + [1000.0] * 5
    assert differences([value + 3 for value in theirs], theirs).median == 3


def test_quantile_has_the_last_value_at_its_end() -> None:
    assert (quantile([3.0, 1.0, 2.0], 0.999), quantile([3.0, 1.0, 2.0], 0)) == (3, 1)


def test_only_a_failed_verdict_is_a_missed_bar() -> None:
    assert [row.bar for row in missed(ROWS)] == ["E2"]
    assert as_json(ROWS, {})["missed"] == ["E2"]
    lines = table(ROWS).splitlines()
    assert [line.split()[0] for line in lines] == ["bar", "E1", "E2", "E3"]
    assert lines[1].endswith("pass") and lines[2].endswith("MISSED") and lines[3].endswith("told")


def test_page_keeps_what_is_not_measured(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{document.BEGIN}\nstale\n{document.END}\nbehind\n")
    document.write(page, ROWS, {"machine": "this"})
    once = page.read_text()
    assert once.startswith("# Before\n") and once.endswith(f"{document.END}\nbehind\n")
    assert "stale" not in once and "- machine: this" in once and "| E2 | two | 9 | ≤ 8 | a peer: 12 | MISSED |" in once
    document.write(page, ROWS, {"machine": "this"})
    assert page.read_text() == once


def test_documents_page_has_the_place() -> None:
    text = (ROOT / "docs" / "PERFORMANCE.md").read_text()
    assert text.count(document.BEGIN) == text.count(document.END) == 1


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(ROOT / "scripts" / "bench"), *arguments], capture_output=True, text=True)


def test_unknown_bar_is_refused() -> None:
    done = bench("E99")
    assert done.returncode == 2 and "no bar is called E99" in done.stderr


def test_page_is_written_from_a_whole_run_only() -> None:
    assert bench("--quick", "--write-doc").returncode == 2
    assert bench("E1", "--write-doc").returncode == 2


def test_command_writes_its_figures_and_judges(build: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = bench("E6", "--quick", "--no-peer", "--build", str(build), "--json", str(figures))
    assert done.returncode == (1 if "MISSED" in done.stdout else 0), done.stderr
    assert '"E6"' in figures.read_text()
