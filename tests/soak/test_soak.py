"""A soak in short, and at length; and that its judge would see what is wrong."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from . import watcher
from .judge import Attempt, Rules, Story, Token, attempts
from .soak import Plan, Result, killing, run_soak


def assert_nothing_wrong(result: Result) -> None:
    print(result.summary())
    assert result.problems == []


def test_short(build: Path, tmp_path: Path) -> None:
    assert_nothing_wrong(run_soak(build, Plan(seconds=18, lifetime_s=8, outage_s=2, processes=3, threads=6), tmp_path))


@pytest.mark.full
def test_long(build: Path, tmp_path: Path) -> None:
    assert_nothing_wrong(run_soak(build, Plan(seconds=100, seed=2), tmp_path))


@pytest.mark.parametrize("kills", [20, pytest.param(250, marks=pytest.mark.full)])
def test_helpers_killed(build: Path, tmp_path: Path, kills: int) -> None:
    """While others go on; no record is ever torn. (scripts/soak --kills has as many as one likes.)"""
    result = run_soak(build, killing(kills), tmp_path)
    assert_nothing_wrong(result)
    assert len(result.story.kills) >= kills


# The judge.

TOKEN = Token(seen=0, expires=100_000)


def failed(begun: int = 10_000, ended: int = 10_100, how: str = "connect") -> Attempt:
    return Attempt(False, how, begun, ended, "")


def test_a_valid_token_excuses_nothing() -> None:
    for story in (Story({"t": TOKEN}, outages=[(0, 50_000)]), Story({"t": TOKEN}, kills=[9_000]),
                  Story({"t": TOKEN}, revocations=[9_000]), Story({"t": TOKEN}, replaced={8_000: 12_000}, revocations=[9_000])):
        assert story.excuse(failed()) == ""


def test_without_trouble_there_is_no_excuse() -> None:
    assert Story().excuse(failed()) == ""
    assert Story({"t": Token(0, 5_000)}, outages=[(0, 8_000)]).excuse(failed()) == ""
    assert Story({"t": Token(0, 90_000, revoked=9_000)}, revocations=[9_000]).excuse(failed()) == ""


def test_what_excuses() -> None:
    ended = {"t": Token(0, 5_000)}
    assert Story(ended, outages=[(9_000, 10_050)]).excuse(failed())
    assert Story(ended, kills=[9_000]).excuse(failed())
    asleep = Story({"t": TOKEN}, sleeps=[(9_000, 10_050)])
    assert asleep.excuse(failed(how="start")) and not asleep.excuse(failed()) and not asleep.excuse(failed(how="reset"))


def test_a_revocation_takes_time() -> None:
    """A token that was fetched meanwhile may be revoked, too."""
    both = {"old": Token(0, 50_000, revoked=9_990), "new": Token(10_020, 60_000, revoked=9_990)}
    assert Story(both, revocations=[9_990], revoked_by={9_990: 10_050}).excuse(failed())
    assert not Story(both, revocations=[9_990], revoked_by={9_990: 9_995}).excuse(failed())


def test_calls_are_counted() -> None:
    rules = Rules(lifetime_s=10, seconds=45)
    assert (rules.fetches(Story()), rules.fetches(Story(kills=[1], revocations=[2]))) == (11, 13)
    result = Result(Plan(lifetime_s=10), Story(), attempts("ok connect 1 2 \n"),
                    {"demo POST /api/2.0/postgres/credentials 200": 12}, 12, [], 0, 45).judge()
    assert [problem.split(",")[0] for problem in result.problems] == ["12 calls of POST /api/2.0/postgres/credentials"]
    result = Result(Plan(), Story(), attempts("ok connect 1 2 \n"), {"demo POST /oidc/v1/token 503": 1}, 1, [], 0, 45).judge()
    assert result.problems == ["1 calls in vain, 0 allowed"]


def test_every_line_counts() -> None:
    assert attempts("ok connect 1 2 \nfail reset 3 4 words: of a kind \nfail start 5") == [
        Attempt(True, "connect", 1, 2, ""), Attempt(False, "reset", 3, 4, "words: of a kind")]
    assert Result(Plan(), Story(), [failed()], {}, 0, ["torn"], 0, 9).judge().problems[-2:] == [
        "nothing connected at all", "torn"]


def test_what_is_forgotten_while_it_is_read_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    seen = watcher.Watcher(tmp_path, story)
    (tmp_path / "credential-1").write_text(f"pglakebase=1\nkind=credential\ntoken=t\nissued_ms=1\nexpires_ms={watcher.now_ms() + 9000}\nend=1\n")
    forgetting = threading.Thread(target=seen.forget)
    read = watcher.record

    def read_slowly(file: Path) -> str | None:
        text = read(file)
        forgetting.start()
        forgetting.join(0.3)
        return text

    monkeypatch.setattr(watcher, "record", read_slowly)
    seen._look()
    forgetting.join()
    assert [token.revoked is not None for token in story.tokens.values()] == [True]
