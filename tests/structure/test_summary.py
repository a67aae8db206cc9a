"""The counting of scripts/test: nothing that went wrong may look right."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from support import summary

JUNIT = """<testsuites><testsuite name="s">{}</testsuite></testsuites>"""
PASS = '<testcase classname="a" name="good"/>'
FAIL = '<testcase classname="a" name="bad"><failure message="no"/></testcase>'
ERROR = '<testcase classname="a" name="broken"><error message="no"/></testcase>'
SKIP = '<testcase classname="a" name="left_out"><skipped/></testcase>'


def run(tmp_path: Path, cases: str, exit_code: int = 0, allowed: "dict[str, str] | None" = None) -> tuple[int, str]:
    junit = tmp_path / "junit.xml"
    junit.write_text(JUNIT.format(cases))
    totals = summary.Totals()
    totals.add_step("step", junit, exit_code)
    out = io.StringIO()
    code = summary.report(totals, allowed or {}, out)
    return code, out.getvalue().splitlines()[-1]


def test_passed(tmp_path: Path) -> None:
    assert run(tmp_path, PASS + PASS) == (0, "2 passed, 0 failed")


def test_failed_and_error(tmp_path: Path) -> None:
    assert run(tmp_path, PASS + FAIL + ERROR, 1) == (1, "1 passed, 2 failed")


def test_exit_code_without_a_failed_test_counts(tmp_path: Path) -> None:
    assert run(tmp_path, PASS, 139) == (1, "1 passed, 1 failed")


def test_no_test_at_all_fails(tmp_path: Path) -> None:
    assert run(tmp_path, "") == (1, "0 passed, 0 failed")


def test_skip_must_be_allowed(tmp_path: Path) -> None:
    assert run(tmp_path, PASS + SKIP) == (1, "1 passed, 0 failed, 1 skipped")
    assert run(tmp_path, PASS + SKIP, allowed={"a.left_out": "why"}) == (0, "1 passed, 0 failed, 1 skipped")


def test_missing_and_broken_result_files_fail(tmp_path: Path) -> None:
    totals = summary.Totals()
    totals.add_step("gone", tmp_path / "gone.xml", 0)
    (tmp_path / "cut.xml").write_text("<testsuites><test")
    totals.add_step("cut", tmp_path / "cut.xml", 0)
    assert len(totals.failed) == 2


def second_run(tmp_path: Path, first: str, second: str) -> tuple[int, list[str]]:
    junit = tmp_path / "junit.xml"
    totals = summary.Totals()
    junit.write_text(JUNIT.format(first))
    totals.add_step("step", junit, 1)
    junit.write_text(JUNIT.format(second))
    totals.add_second_run("step", junit)
    out = io.StringIO()
    return summary.report(totals, {}, out), out.getvalue().splitlines()


def test_what_passes_the_second_time_is_named(tmp_path: Path) -> None:
    now_good = FAIL.replace('<failure message="no"/>', "")
    assert second_run(tmp_path, PASS + FAIL, now_good) == (
        0, ["unsteady: step: a.bad failed, and passed only when it ran once more, alone", "2 passed, 0 failed"])


@pytest.mark.parametrize("second", [FAIL, SKIP.replace("left_out", "bad"), "", PASS, FAIL.replace("<failure message=\"no\"/>", "") + FAIL])
def test_what_does_not_pass_the_second_time_has_failed(tmp_path: Path, second: str) -> None:
    assert second_run(tmp_path, PASS + FAIL, second) == (1, ["FAILED step: a.bad", "1 passed, 1 failed"])


def test_a_step_that_broke_off_is_not_mended_by_a_second_run(tmp_path: Path) -> None:
    assert second_run(tmp_path, PASS, PASS) == (1, ["FAILED step: ended with exit code 1", "1 passed, 1 failed"])


def test_allowed_skips_need_reasons(tmp_path: Path) -> None:
    file = tmp_path / "allowed"
    file.write_text("# comment\n\na.b | since so\n")
    assert summary.allowed_skips(file) == {"a.b": "since so"}
    file.write_text("a.b\n")
    with pytest.raises(SystemExit):
        summary.allowed_skips(file)
