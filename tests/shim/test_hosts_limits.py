"""Few descriptors, small stacks, little memory, and a lot of each."""

from __future__ import annotations

import pytest

from support.waiting import wait_until

from .hosts import Hosts, connected, running


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("free", [0, 1, 2, 3])
def test_few_free_descriptors(hosts: Hosts, free: int, warm: bool) -> None:
    """libpq itself needs two: the socket, and the file of root certificates beside it."""
    if warm:
        hosts.client.psql("service=orders").ok()
    values = hosts.run("limits", "few", str(free))
    if free >= 2:
        connected(values, "few")
    else:
        assert values["few_status"] == "bad" and values["few_error"].strip()
    connected(values, "second")
    # Without two descriptors the cache is not used, but what is in it stays.
    hosts.client.psql("service=orders").ok()
    assert hosts.fetches() == (2 if free == 1 else 1)


@pytest.mark.parametrize("situation", ["closed", "closefrom"])
def test_closed_descriptors(hosts: Hosts, situation: str) -> None:
    values = hosts.run("limits", situation)
    connected(values, *(["first"] if situation == "closed" else ["connect0", "connect1", "connect2"]))
    assert hosts.fetches() == 1


def test_close_from_with_refreshes_under_way(hosts: Hosts) -> None:
    conninfo = hosts.always_ageing()
    hosts.client.psql(conninfo).ok()
    hosts.slow(0.2)
    connected(hosts.run("limits", "closefrom", conninfo=conninfo), "connect0", "connect1", "connect2")


def test_many_descriptors(hosts: Hosts) -> None:
    values = hosts.run("limits", "many", "10000")
    connected(values)
    assert int(values["opened"]) == 10000 and int(values["first_ms"]) < 1500


def test_no_pipe_is_held_open(hosts: Hosts) -> None:
    hosts.slow(1)
    values = hosts.run("limits", "pipe", "400")
    connected(values)
    assert values["end_during_connect"] == "1" and 0 <= int(values["end_ms"]) < 100


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_small_thread_stacks(hosts: Hosts, warm: bool) -> None:
    if warm:
        hosts.client.psql("service=orders").ok()
    values = hosts.run("limits", "stack", str(64 * 1024))
    connected(values)


def test_stack_use_is_libpq_s(hosts: Hosts) -> None:
    """A cold connect touches hardly more of the stack than libpq alone."""
    ours = hosts.run("limits", "stack", str(512 * 1024))
    connected(ours)
    lakebase = hosts.lakebase
    with_token = lakebase.conninfo(user="nobody", password="x")
    theirs = hosts.run("limits", "stack", str(512 * 1024), conninfo=with_token, preload=False)
    assert int(ours["stack_used"]) <= int(theirs["stack_used"]) + 12 * 1024, (ours["stack_used"], theirs["stack_used"])


def test_64_threads_at_once(hosts: Hosts) -> None:
    values = hosts.run("limits", "threads", "64")
    assert values["ok"] == "64", values
    assert hosts.fetches() == 1


def test_little_address_space(hosts: Hosts) -> None:
    connected(hosts.run("limits", "address-space", "64"))


def test_no_file_may_grow(hosts: Hosts) -> None:
    """Writing would end the program (SIGXFSZ): a cold connect fails, and neither a warm nor a late one tries to."""
    conninfo = hosts.always_ageing()
    confined = ["prlimit", "--fsize=0"]
    done = hosts.client.psql(conninfo, prefix=confined)
    assert done.code == 2 and "a limit or sandbox of this process is in the way" in done.error
    hosts.client.psql(conninfo).ok()
    hosts.client.psql(conninfo, prefix=confined).ok()


def test_huge_process(hosts: Hosts) -> None:
    values = hosts.run("limits", "memory", "1024")
    connected(values)
    assert int(values["first_ms"]) < 1500


@pytest.mark.parametrize("background", [False, True], ids=["waiting", "background"])
def test_memory_goes_with_the_process(hosts: Hosts, background: bool) -> None:
    """A fetch goes on when its host is killed, but the host's memory does not last until its end."""
    conninfo = hosts.always_ageing() if background else "service=orders"
    if background:
        hosts.client.psql(conninfo).ok()
    hosts.slow(1.5)
    before = hosts.fetches()
    program = hosts.program("limits")
    process = hosts.client.start(program, "linger", conninfo)
    assert wait_until(lambda: hosts.fetches() > before, 10)
    process.kill()
    process.wait()
    assert wait_until(lambda: running(program) == [], 0.5)
    hosts.lakebase.clear_faults()
    connected(hosts.run("limits", "closed"))
    assert hosts.fetches() == before + 1
