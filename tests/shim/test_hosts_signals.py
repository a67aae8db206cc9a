"""Signals, identity changes and cancellation in the middle of a cold fetch."""

from __future__ import annotations

import signal
import time

import pytest

from support.waiting import wait_until

from .hosts import Hosts, connected, wait


def test_all_signals_blocked(hosts: Hosts) -> None:
    values = hosts.run("signals", "blocked")
    connected(values)
    assert values["same_mask"] == "1"


@pytest.mark.parametrize("how", ["restart", "interrupt"])
def test_handlers_run_at_once(hosts: Hosts, how: str) -> None:
    """And the wait goes on behind them."""
    hosts.slow(0.5)
    values = hosts.run("signals", "handler", how)
    connected(values)
    assert int(values["first_ms"]) >= 500 and int(values["alarms"]) >= 25


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_default_action_comes_at_once(hosts: Hosts, number: signal.Signals) -> None:
    hosts.slow(2)
    process = hosts.client.start(hosts.program("confined"), "plain", "service=orders")
    assert wait_until(lambda: hosts.fetches() > 0, 10)
    started = time.monotonic()
    process.send_signal(number)
    assert wait(process).code == -number
    assert time.monotonic() - started < 0.3


def test_another_thread_changes_the_identity(hosts: Hosts) -> None:
    hosts.slow(0.7)
    values = hosts.run("signals", "identity")
    connected(values)
    assert int(values["changes"]) > 50 and int(values["longest_ms"]) < 300


@pytest.mark.parametrize("when", ["before", "later"])
def test_cancellation(hosts: Hosts, when: str) -> None:
    """It acts inside of libpq, as it would without us; nothing of ours is left behind."""
    hosts.slow(0.4, times=1)
    values = hosts.run("signals", "cancelled", when)
    assert values["cancelled"] == "1"
    connected(values, "second")
    assert int(values["leaked_fds"]) <= 1


def test_handler_that_jumps_out(hosts: Hosts) -> None:
    hosts.slow(0.6, times=1)
    values = hosts.run("signals", "jump")
    assert "first_status" not in values
    connected(values, "second")
