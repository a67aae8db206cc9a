"""Hosts with children: they never see ours, whatever they do about their own."""

from __future__ import annotations

import time

import pytest

from support.waiting import wait_until

from .hosts import APP, CREDENTIALS, Hosts, connected

UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"]


@pytest.mark.parametrize("situation", ["ignored", "handled", "subreaper"])
@pytest.mark.parametrize("init", [False, True], ids=["", "pid1"])
def test_children_are_hidden(hosts: Hosts, situation: str, init: bool) -> None:
    values = hosts.run("children", situation, prefix=UNSHARE if init else ())
    connected(values, "first", "second")
    assert (values["sigchld"], values["visible_child"], values["zombies"]) == ("0", "0", "0")
    assert hosts.fetches() == 1


def test_children_in_another_pid_namespace(hosts: Hosts) -> None:
    """unshare without --fork: the program stays where it is, and its children see nobody above them."""
    values = hosts.run("children", "handled", prefix=["unshare", "--pid"])
    connected(values, "first", "second")
    assert hosts.fetches() == 1


@pytest.mark.parametrize("how", ["", "wall"])
@pytest.mark.parametrize("init", [False, True], ids=["", "pid1"])
def test_thread_that_reaps_everything(hosts: Hosts, how: str, init: bool) -> None:
    hosts.slow(0.3)
    values = hosts.run("children", "reaped", how, prefix=UNSHARE if init else ())
    connected(values)
    # Who asks for all kinds of children (__WALL) is told of ours, and may take it.
    assert int(values["strange"]) <= (1 if how else 0)
    assert values["lost"] == "0"


@pytest.mark.parametrize("init", [False, True], ids=["", "pid1"])
def test_background_refreshes(hosts: Hosts, init: bool) -> None:
    """Nobody waits for them; the next connect takes away what they leave."""
    conninfo = hosts.always_ageing()
    hosts.client.psql(conninfo).ok()
    hosts.slow(0.15)
    before = hosts.fetches()
    values = hosts.run("children", "background", "12", conninfo=conninfo, prefix=UNSHARE if init else ())
    assert values["bad"] == "0"
    assert (values["sigchld"], values["visible_child"]) == ("0", "0")
    assert hosts.fetches() - before >= 3
    # At most the last one has not been collected.
    assert int(values["zombies"]) <= 1


def test_what_a_refresh_leaves_is_taken_away(hosts: Hosts) -> None:
    """By the next connect, whether that has one of its own or not."""
    conninfo = hosts.always_ageing()
    hosts.client.psql(conninfo).ok()
    values = hosts.run("children", "renewal-then-none", "service=orders", conninfo=conninfo)
    connected(values, "first", "second")
    assert (values["zombies_before"], values["zombies"]) == ("1", "0")


@pytest.mark.parametrize("more", [(), ("after",)], ids=["cold", "warm"])
def test_fork_then_connect_in_both(hosts: Hosts, more: tuple[str, ...]) -> None:
    values = hosts.run("children", "fork", *more)
    connected(values, "parent")
    assert (values["child_exit"], values["visible_child"]) == ("0", "0")
    assert hosts.fetches() == 1


def test_fork_with_refreshes_under_way(hosts: Hosts) -> None:
    """The child must not reap, nor wait for, what is its parent's."""
    conninfo = hosts.always_ageing()
    hosts.client.psql(conninfo).ok()
    hosts.slow(0.3)
    values = hosts.run("children", "fork", "after", conninfo=conninfo)
    connected(values, "before", "parent")
    assert (values["child_exit"], values["visible_child"]) == ("0", "0")


@pytest.mark.parametrize("forks", [40, pytest.param(1000, marks=pytest.mark.full)])
def test_fork_while_other_threads_connect(hosts: Hosts, forks: int) -> None:
    """With a user given: to find its default, libpq itself takes a lock that a fork may leave taken (seen three times
    in 1500 forks, in the child's PQconnectStartParams)."""
    conninfo = f"service=orders user={APP}"
    hosts.client.psql(conninfo).ok()
    values = hosts.run("children", "fork-meanwhile", str(forks), f"{conninfo} port=1", conninfo=conninfo,
                       env={"PGLAKEBASE_WAKE_TIMEOUT": "0"}, timeout=280)
    assert (values["bad"], values["stuck"], values["failed"]) == ("0", "0", "0")


def test_fork_among_the_calls_of_other_threads(hosts: Hosts) -> None:
    """glibc's fork leaves the lock on the list of loaded objects taken, where another thread looks at that list."""
    assert hosts.run("children", "fork-among-calls", "200")["stuck"] == "0"


def test_spawning_goes_on(hosts: Hosts) -> None:
    hosts.slow(0.5)
    values = hosts.run("children", "spawn")
    connected(values)
    assert values["wrong"] == "0" and int(values["runs"]) > 5
    assert (values["visible_child"], values["zombies"]) == ("0", "0")


def test_exec_while_a_refresh_is_under_way(hosts: Hosts) -> None:
    conninfo = hosts.always_ageing()
    hosts.client.psql(conninfo).ok()
    hosts.slow(0.5)
    before = hosts.fetches()
    values = hosts.run("children", "exec", "900", conninfo=conninfo)
    connected(values, "second")
    assert values["seen"] == "0"
    # The kernel tells a program that was put in the place of another by SIGCHLD of whatever child it has.
    assert int(values["sigchld"]) <= 1 and int(values["zombies"]) <= 1
    assert hosts.fetches() > before


def test_refresh_outlives_its_host(hosts: Hosts) -> None:
    conninfo = hosts.always_ageing()
    hosts.client.psql(conninfo).ok()
    hosts.slow(0.5)
    before = hosts.lakebase.calls(CREDENTIALS)
    started = time.monotonic()
    hosts.client.psql(conninfo).ok()
    assert time.monotonic() - started < 0.45
    assert wait_until(lambda: hosts.lakebase.calls(CREDENTIALS) > before, 5)
