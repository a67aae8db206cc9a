"""A clock that is stepped under living programs and their helpers, while what is counted with goes on: nobody notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lakebase.client import LocalLakebase
from support.gateway_log import assert_safe_logins
from support.product import CREDENTIALS, PSQL, Product
from support.session import Session, sessions
from support.stepped_clock import SteppedClock
from support.waiting import wait_until

HOUR, MINUTE = 3600, 60
LIFE_S = 12
# Of a token of that life: its state after so many seconds (its claim counts whole ones). A fresh one has an hour.
STATES = {"fresh": 0.0, "ageing": LIFE_S * 0.62, "expired": LIFE_S + 1.2}
# What begins a program, and how it goes on when its connection is to be renewed.
WAYS = [("connectdb", "reset"), ("connectdb", "reset-start"), ("start", "connectdb"), ("connectdb", "start")]
SERVICE = "service=demo"


@pytest.fixture
def clock(product: Product, tmp_path: Path) -> SteppedClock:
    return SteppedClock(product, tmp_path)


@pytest.fixture
def probe(build: Path) -> Path:
    return build / "tests" / "shim" / "probes" / "session_probe"


@pytest.fixture
def living(product: Product, clock: SteppedClock, probe: Path) -> Iterator[list[Session]]:
    """One program for each of WAYS."""
    with sessions(probe, [product.environment(preload=False, env=clock.env)] * len(WAYS)) as running:
        yield running


def begin(running: list[Session]) -> None:
    for session, (first, _) in zip(running, WAYS, strict=True):
        assert_connected(session.say(f"{first} {SERVICE}"))


@contextmanager
def first_token(lakebase: LocalLakebase, life_s: int | None) -> Iterator[None]:
    """Lives that long; those after it an hour, however busy this machine is."""
    lakebase.set_token_lifetime(life_s)
    yield
    lakebase.set_token_lifetime(None)


def go_on(product: Product, clock: SteppedClock, running: list[Session]) -> None:
    """Each in its own way, and a program that is started now."""
    for session, (_, way) in zip(running, WAYS, strict=True):
        assert_connected(session.say(way if way.startswith("reset") else f"{way} {SERVICE}"))
    done = product.run(PSQL, "-XAt", "-c", "select 1", SERVICE, preload=False, env=clock.env)
    assert (done.code, done.text, done.error) == (0, "1", "")


def assert_connected(values: dict[str, str]) -> None:
    assert (values["status"], values["error"]) == ("ok", ""), values


def assert_none_refused(lakebase: LocalLakebase) -> list[dict[str, Any]]:
    """No token was used after its true end."""
    logins = assert_safe_logins(lakebase)
    assert {login["result"] for login in logins} == {"ok"}
    return logins


def tokens(lakebase: LocalLakebase) -> int:
    return len({login["password_sha256"] for login in assert_none_refused(lakebase)})


@pytest.mark.parametrize(("state", "step"), [
    ("fresh", HOUR), ("fresh", -HOUR), ("ageing", -HOUR), ("expired", HOUR),
    pytest.param("ageing", HOUR, marks=pytest.mark.full), pytest.param("expired", -HOUR, marks=pytest.mark.full)])
def test_a_step_and_back(product: Product, clock: SteppedClock, living: list[Session], lakebase: LocalLakebase,
                         state: str, step: int) -> None:
    with first_token(lakebase, None if state == "fresh" else LIFE_S):
        begin(living)
    time.sleep(STATES[state])
    for offset in (step, 0):
        clock.step(offset)
        go_on(product, clock, living)
    assert_none_refused(lakebase)
    assert wait_until(lambda: not product.running())
    # One for the start and one for each step.
    calls = product.calls()
    assert calls[1] <= 3
    go_on(product, clock, living)
    assert product.calls() == calls


@pytest.mark.parametrize("state", ["ageing", "expired"])
@pytest.mark.parametrize("step", [-4 * MINUTE, pytest.param(-LIFE_S, marks=pytest.mark.full)])
def test_a_small_step_back_lengthens_no_life(product: Product, clock: SteppedClock, living: list[Session],
                                             lakebase: LocalLakebase, step: int, state: str) -> None:
    """By the wall clock alone, the token would live on for as long as the step."""
    with first_token(lakebase, LIFE_S):
        begin(living)
    clock.step(step)
    time.sleep(STATES[state])
    go_on(product, clock, living)
    assert_none_refused(lakebase)
    # While it was still good, too.
    assert wait_until(lambda: product.calls()[1] == 2, 2)


@pytest.mark.parametrize("step", [-4 * MINUTE, -HOUR])
def test_refused_after_a_step_back(product: Product, clock: SteppedClock, probe: Path, lakebase: LocalLakebase, step: int) -> None:
    """What is fetched then was issued, by the clock, before what it replaces. One fetch does for all who were refused."""
    with sessions(probe, [product.environment(preload=False, env=clock.env)] * 8) as running:
        for session in running:
            assert_connected(session.say(f"connectdb {SERVICE}"))
        clock.step(step)
        if step < -5 * MINUTE:
            assert_connected(running[0].say("reset"))
        before = product.calls()[1]
        lakebase.fault("api", "delay", CREDENTIALS, seconds=0.5)
        lakebase.revoke_all()
        with ThreadPoolExecutor(len(running)) as pool:
            for values in pool.map(lambda session: session.say("reset"), running):
                assert_connected(values)
    assert product.calls()[1] == before + 1


@pytest.mark.parametrize("boot", [HOUR, 0])
def test_suspended_for_an_hour(product: Product, clock: SteppedClock, living: list[Session], lakebase: LocalLakebase, boot: int) -> None:
    """The wall clock went on, what deadlines are counted with did not. Boot time went on, too (which a program that is started in
    a namespace of its own sees), unless it was a virtual machine that was paused as a whole."""
    begin(living)
    clock.step(HOUR)
    prefix = ["unshare", "--time", "--boottime", str(boot), "--fork"]
    done = product.run(PSQL, "-XAt", "-c", "select 1", SERVICE, preload=False, env=clock.env | {"LD_PRELOAD": None},
                       prefix=[*prefix, "env", f"LD_PRELOAD={clock.env['LD_PRELOAD']}"])
    assert (done.code, done.text, done.error) == (0, "1", "")
    go_on(product, clock, living)
    assert tokens(lakebase) == 2
    assert product.calls()[1] == 2


@pytest.mark.parametrize("boot", [HOUR, 0])
def test_suspended_while_the_clock_was_set_back(product: Product, clock: SteppedClock, lakebase: LocalLakebase, boot: int) -> None:
    """Woken after an hour, the machine's wall clock shows the moment at which it went to sleep: boot time alone tells."""
    product.assert_connects()
    prefix = ["unshare", "--time", "--boottime", str(boot), "--fork"]
    done = product.run(PSQL, "-XAt", "-c", "select 1", SERVICE, prefix=prefix)
    assert (done.code, done.text, done.error) == (0, "1", "")
    assert tokens(lakebase) == 1 + boot // HOUR


@pytest.mark.parametrize(("minutes", "step"), [
    (-10, HOUR), pytest.param(10, -HOUR, marks=pytest.mark.full),
    pytest.param(10, 0, marks=pytest.mark.full), pytest.param(-10, 0, marks=pytest.mark.full)])
def test_a_server_whose_clock_differs(product: Product, clock: SteppedClock, living: list[Session], lakebase: LocalLakebase,
                                      minutes: int, step: int) -> None:
    """Ends are reckoned by the difference, also where both clocks are wrong."""
    clock.step(step)
    lakebase.set(clock_skew=minutes * MINUTE)
    begin(living)
    go_on(product, clock, living)
    assert product.calls() == (1, 1)
    product.files.one("credential").unlink()
    with first_token(lakebase, LIFE_S):
        assert_connected(living[0].say("reset"))
    time.sleep(STATES["expired"])
    go_on(product, clock, living)
    assert tokens(lakebase) == 3
    assert product.calls()[1] == 3


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_failures_hold_no_longer_for_a_step(product: Product, clock: SteppedClock, living: list[Session], lakebase: LocalLakebase,
                                            step: int) -> None:
    """What was noted while the API was down is over soon after it is up again, whatever the clock shows then."""
    begin(living)
    product.files.one("credential").unlink()
    lakebase.fault("api", "status", status=503)
    env = clock.env | {"PGCONNECT_TIMEOUT": "3"}
    assert product.run(PSQL, "-XAt", "-c", "select 1", SERVICE, preload=False, env=env).code != 0
    lakebase.clear_faults()
    clock.step(step)
    go_on(product, clock, living)
    assert tokens(lakebase) == 2
