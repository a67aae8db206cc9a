"""Other people's tests say the same with the library preloaded as without."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.build import library

from . import document, drivers, postgresql
from .ground import Ground
from .results import Results, of_regress, of_tap
from .sources import Archive, archives
from .table import SUITES, Suite

RUN = {"tap": postgresql.tap, "regress": postgresql.regress, "psycopg2": drivers.psycopg2, "dbd_pg": drivers.dbd_pg}
_counts: dict[str, tuple[str, str]] = {}


@pytest.fixture
def ground(build: Path) -> Iterator[Ground]:
    # Short, for sockets; not pytest's, which only its own user may enter.
    with tempfile.TemporaryDirectory(prefix="suites-", dir="/tmp") as directory:
        yield Ground(Path(directory), library(build))


@pytest.mark.full
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_suite(ground: Ground, suite: Suite) -> None:
    without, with_it = (RUN[suite.kind](ground, suite, preload) for preload in (False, True))
    differences = without.differences(with_it)
    if differences:
        print("again, since these differ:", *differences, sep="\n")
        # A test that depends on the machine's load falls now here, now there; what is ours is there again.
        again = [RUN[suite.kind](ground, suite, preload) for preload in (False, True)]
        differences = [line for line in again[0].differences(again[1]) if line in differences]
    print(f"{suite.name}: without {without.counts()}; with {with_it.counts()}")
    print(*(f"{name}: {word}" for name, word in without.said.items() if word == "failed"), sep="\n")
    assert differences == []
    assert list(without.said.values()).count("passed") > 0.8 * len(without.said) > 2
    _counts[suite.name] = (without.counts(), with_it.counts())


@pytest.mark.full
def test_a_whole_run_is_written_down() -> None:
    if len(_counts) == len(SUITES) and os.environ.get("PGLAKEBASE_WRITE_SUITES"):
        document.FILE.write_text(document.render(_counts))


def test_the_document_has_the_tables_rows() -> None:
    """Counts change with what Debian has; what is run and left out is said here."""
    cells = re.compile(r"^(\| [^|]+ \| [^|]+ \|) [^|]+ \| [^|]+ \|", re.MULTILINE)
    assert cells.sub(r"\1", document.FILE.read_text()) == cells.sub(r"\1", document.render({}))


# What is read out of the suites' words.


def test_tap() -> None:
    text = "ok 1 - a # b\nnot ok 2 - c\nok 3 # skip no d\nnot ok 4 - e # todo f\n    ok 1 - inner\n# a note\n1..4\n"
    assert of_tap("x.t", text, 1) == {"x.t 1": "passed", "x.t 2": "failed", "x.t 3": "skipped", "x.t 4": "todo",
                                      "x.t as a whole": "failed"}
    assert of_tap("x.t", "1..1\nok 1\n", 0) == {"x.t 1": "passed", "x.t as a whole": "passed"}
    assert of_tap("x.t", "1..2\nok 1\n", 0)["x.t as a whole"] == "failed"
    assert of_tap("x.t", "1..0 # SKIP nothing here\n", 0) == {"x.t": "skipped"}


def test_regress() -> None:
    assert of_regress("test test_setup   ... ok          299 ms\nparallel group (2 tests):  b a\n     a     ... ok   12 ms\n"
                      "     b     ... FAILED       45 ms\n") == {"test_setup": "passed", "a": "passed", "b": "failed"}


def test_differences() -> None:
    assert Results({"a": "passed", "b": "failed"}).differences(Results({"a": "passed", "b": "passed", "c": "skipped"})) == [
        "b: failed and passed", "c: not run and skipped"]


def test_the_machines_archives(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("# deb http://x/debian no main\ndeb [arch=amd64] http://x/debian one main contrib\ndeb http://y/z two main\n")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.sources").write_text(
        "Types: deb\n# a word\nURIs: http://x/debian\nSuites: three four\nComponents: main\nSigned-By: /a/key\n\nTypes: deb\nURIs: http://y/z\nSuites: five\n")
    assert archives(tmp_path) == [Archive("[arch=amd64] ", "http://x/debian", "one"), Archive("[signed-by=/a/key] ", "http://x/debian", "three"),
                                  Archive("[signed-by=/a/key] ", "http://x/debian", "four")]
