"""Faults of the gateway, each as libpq sees it."""

from __future__ import annotations

import time

import pytest

from ..client import LocalLakebase
from ..inventory import APP
from .psql import Outcome, psql


def log_in(lakebase: LocalLakebase, host: str = "demo") -> Outcome:
    return psql(lakebase, APP.name, lakebase.mint(APP.name), host)


def test_asleep_by_attempts(lakebase: LocalLakebase) -> None:
    lakebase.fault("gateway", "asleep", "dev", attempts=2, starting_seconds=1)
    assert [log_in(lakebase, "dev").code for _ in range(2)] == [2, 2]
    assert log_in(lakebase).code == 0
    starting = log_in(lakebase, "dev")
    assert "FATAL:  the database system is starting up" in starting.error
    assert lakebase.connections()[-1]["sqlstate"] == "57P03"
    time.sleep(1)
    assert log_in(lakebase, "dev").out == APP.name


def test_asleep_for_seconds(lakebase: LocalLakebase) -> None:
    lakebase.fault("gateway", "asleep", seconds=1, how="close")
    assert "server closed the connection unexpectedly" in log_in(lakebase).error
    time.sleep(1)
    assert log_in(lakebase).code == 0
    assert lakebase.counters()["logins"] == {"dropped-asleep": 1, "ok": 1}


def test_refused(lakebase: LocalLakebase) -> None:
    lakebase.refuse(1)
    assert "Connection refused" in log_in(lakebase).error
    time.sleep(1.2)
    assert log_in(lakebase).code == 0


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("stage", ["accept", "tls", "startup", "password", "authenticated"])
def test_dropped(lakebase: LocalLakebase, stage: str, how: str) -> None:
    lakebase.fault("gateway", "drop", stage=stage, how=how, times=1)
    assert log_in(lakebase).code == 2
    dropped = lakebase.connections()[-1]
    assert dropped["result"] == f"dropped-{stage}"
    assert dropped["password_received"] == (stage in ("password", "authenticated"))
    assert log_in(lakebase).code == 0


@pytest.mark.parametrize("stage", ["tls", "password"])
def test_slow(lakebase: LocalLakebase, stage: str) -> None:
    lakebase.fault("gateway", "slow", stage=stage, seconds=0.7)
    begun = time.monotonic()
    assert log_in(lakebase).code == 0
    assert time.monotonic() - begun >= 0.7


def test_rejected(lakebase: LocalLakebase) -> None:
    lakebase.fault("gateway", "reject", "demo", message="no entry today", sqlstate="28000", times=1)
    assert "FATAL:  no entry today" in log_in(lakebase).error
    assert lakebase.connections()[-1]["sqlstate"] == "28000"
    assert log_in(lakebase).code == 0
