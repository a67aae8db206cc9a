"""No credential: one sentence, at once, and the program goes on as with any failed connection."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import PGBIN, Client, interrupt
from support.gateway_log import assert_nothing_sent
from support.stub import Stub
from support.terminal import at_a_terminal
from support.waiting import wait_until

APP = inventory.APP.name
CREDENTIALS = "POST /api/2.0/postgres/credentials"
SENTENCE = "Databricks refused the client secret; make a new one, says 100 % of us"
GOOD = "pglakebase=1\nkind=credential\nidentity=" + "a" * 64 + "\ntoken=t\nuser=u\nissued_ms=1\nexpires_ms=99999999999999\n"

HOSTILE = {
    "permanent": ("permanent", {"sentence": SENTENCE}, re.escape(SENTENCE)),
    "transient": ("transient", {"sentence": SENTENCE}, re.escape(SENTENCE)),
    "says nothing": ("nothing", {}, "without an answer"),
    "dies": ("die", {}, "without an answer"),
    "aborts": ("abort", {}, "without an answer"),
    "says far too much": ("huge", {}, "without an answer"),
    "garbage": ("raw", {"raw": bytes(range(256)) * 20}, "without an answer"),
    "lines": ("raw", {"raw": b"\n" * 60000}, "without an answer"),
    "cut short": ("raw", {"raw": GOOD.encode()}, "without an answer"),
    "another version": ("raw", {"raw": GOOD.replace("=1", "=2", 1).encode() + b"end=1\n"}, "without an answer"),
    "another kind": ("raw", {"raw": GOOD.replace("credential", "request").encode() + b"end=1\n"}, "without an answer"),
    "no token": ("raw", {"raw": GOOD.replace("token=t", "token=").encode() + b"end=1\n"}, "without an answer"),
    "a null byte": ("raw", {"raw": GOOD.replace("token=t", "token=a%00b").encode() + b"end=1\n"}, "without an answer"),
    "bad escape": ("raw", {"raw": GOOD.replace("token=t", "token=a%z").encode() + b"end=1\n"}, "without an answer"),
    "no times": ("raw", {"raw": GOOD.replace("issued_ms=1", "issued_ms=-").encode() + b"end=1\n"}, "without an answer"),
}


@pytest.fixture
def orders(stubbed: Client) -> Client:
    stubbed.service("orders", "profile=DEMO")
    return stubbed


def assert_sentence(message: str, pattern: str) -> None:
    """One line, which says what, for whom and why."""
    assert message.count("\n") == 1 and message.endswith("\n"), message
    assert re.search(pattern, message), message
    assert message.startswith('pglakebase: no token for the service "orders": '), message


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("way", ["connectdb", "start"])
def test_message(orders: Client, stub: Stub, probes: Path, lakebase: LocalLakebase, name: str, way: str) -> None:
    behaviour, options, pattern = HOSTILE[name]
    stub.does(behaviour, **options)
    values = orders.run(probes / "connect_probe", way, "service=orders").ok().values
    assert_sentence(values["error"].replace("\\n", "\n").replace("\\\\", "\\"), pattern)
    assert (values["status"], values["needs_password"], values["used_password"]) == ("bad", "0", "0")
    assert (values["sigchld"], values["children"]) == ("0", "0")
    assert len(stub.runs()) == 1
    assert_nothing_sent(lakebase)


@pytest.mark.parametrize("name", ["permanent", "transient", "dies"])
def test_psql_at_a_terminal(orders: Client, stub: Stub, name: str) -> None:
    """It prints the sentence once, does not ask for a password, and ends with 2."""
    behaviour, options, pattern = HOSTILE[name]
    stub.does(behaviour, **options)
    code, said = at_a_terminal([str(PGBIN / "psql"), "-X", "service=orders"], orders.environment())
    assert code == 2
    assert said.startswith("psql: error: ")
    assert_sentence(said.removeprefix("psql: error: "), pattern)
    assert "assword" not in said


def test_psql_at_a_terminal_is_not_asked_for_a_password_when_refused(orders: Client, lakebase: LocalLakebase) -> None:
    lakebase.fault("gateway", "reject")
    code, said = at_a_terminal([str(PGBIN / "psql"), "-X", "service=orders"], orders.environment())
    assert code == 2
    assert "External authorization failed" in said
    assert "Password" not in said


@pytest.mark.parametrize("what", ["missing", "not executable", "not a program", "a directory"])
def test_helper_that_cannot_be_started(orders: Client, stub: Stub, probes: Path, what: str) -> None:
    stub.helper.unlink()
    if what == "not executable":
        stub.helper.write_text("#!/bin/sh\n")
    elif what == "not a program":
        stub.helper.write_bytes(b"\x7fELF nothing")
        stub.helper.chmod(0o755)
    elif what == "a directory":
        stub.helper.mkdir()
    for _ in range(2):
        # The second one must not wait for a fetch that never began.
        started = time.monotonic()
        values = orders.run(probes / "connect_probe", "connectdb", "service=orders").ok().values
        assert time.monotonic() - started < 15
        assert values["status"] == "bad"
        assert_sentence(values["error"].replace("\\n", "\n"), "pglakebase-fetch cannot be started|without an answer")


@pytest.mark.parametrize("behaviour", ["permanent", "transient", "die"])
def test_reset_after_a_failure(orders: Client, stub: Stub, probes: Path, behaviour: str, lakebase: LocalLakebase) -> None:
    """Daemons connect once and then loop on PQreset: what may pass, must be able to."""
    stub.does(behaviour, sentence=SENTENCE, first=1)
    for reset in ("--reset", "--reset-start"):
        values = orders.run(probes / "connect_probe", reset, "connectdb", "service=orders").ok().values
        if behaviour == "permanent" and reset == "--reset":
            assert values["status"] == "bad"
            assert_sentence(values["error"].replace("\\n", "\n"), re.escape(SENTENCE))
            assert_nothing_sent(lakebase)
        else:
            assert (values["status"], values["error"], values["current_user"]) == ("ok", "", APP)


@pytest.mark.parametrize("behaviour", ["permanent", "transient"])
def test_many_failures_in_one_process(orders: Client, stub: Stub, probes: Path, behaviour: str) -> None:
    """Descriptors and children do not pile up."""
    stub.does(behaviour, sentence=SENTENCE)
    done = orders.run("sh", "-c", 'ulimit -n 16; exec "$@"', "sh", probes / "connect_probe", "--times", "40", "connectdb",
                      "service=orders").ok()
    assert done.out.count(b"no token for") == 40
    assert (done.values["sigchld"], done.values["children"]) == ("0", "0")


# Time.

def test_deadline_is_the_caller_s(orders: Client, stub: Stub, probes: Path) -> None:
    stub.does("hang")
    values = orders.run(probes / "connect_probe", "--heart", "connectdb", "service=orders connect_timeout=3").ok().values
    assert values["status"] == "bad"
    assert 2900 <= int(values["connect_ms"]) < 8000
    assert_sentence(values["error"].replace("\\n", "\n"), "in time.*connect_timeout")
    # Meanwhile the rest of the program runs.
    assert int(values["longest_pause_ms"]) < 1500 and int(values["beats"]) > 50
    assert values["sigchld"] == "0"


@pytest.mark.parametrize("way", ["start", "start-params"])
def test_deadline_where_nobody_may_wait(orders: Client, stub: Stub, probes: Path, way: str) -> None:
    stub.does("hang")
    argv = [way, "service=orders"] if way == "start" else [way, "0", "service=orders"]
    values = orders.run(probes / "connect_probe", *argv, env={"PGCONNECT_TIMEOUT": "30"}).ok().values
    assert values["status"] == "bad"
    assert 4900 <= int(values["connect_ms"]) < 12000


@pytest.mark.full
def test_deadline_without_a_timeout(orders: Client, stub: Stub, probes: Path) -> None:
    stub.does("hang")
    values = orders.run(probes / "connect_probe", "connectdb", "service=orders", env={"PGCONNECT_TIMEOUT": None}).values
    assert values["status"] == "bad"
    assert 29500 <= int(values["connect_ms"]) < 45000


def test_what_comes_late_is_used_next_time(client: Client, lakebase: LocalLakebase) -> None:
    """A helper that nobody waits for any more goes on; who comes next waits for the same answer."""
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    lakebase.fault("api", "delay", CREDENTIALS, seconds=4)
    assert "in time" in client.psql("service=orders connect_timeout=2").error
    assert client.psql("service=orders").ok().text == APP
    assert lakebase.calls(CREDENTIALS) == 1


@pytest.mark.parametrize("program", ["psql", "probe"])
def test_ctrl_c_during_a_fetch(orders: Client, stub: Stub, probes: Path, program: str) -> None:
    stub.does("hang")
    argv: list[str | Path] = [PGBIN / "psql", "-X", "service=orders"]
    if program == "probe":
        argv = [probes / "connect_probe", "connectdb", "service=orders"]
    process = orders.start(*argv)
    assert wait_until(stub.runs)
    sent = time.monotonic()
    interrupt(process)
    assert process.wait(timeout=20) == -2
    assert time.monotonic() - sent < 5
    process.communicate()


def test_terminal_s_ctrl_c_is_not_for_the_helper(orders: Client, stub: Stub) -> None:
    """It goes to the whole process group; what is being fetched is for others, too."""
    stub.does("answer", delay=2)
    process = orders.start(PGBIN / "psql", "-X", "service=orders", start_new_session=True)
    assert wait_until(stub.runs)
    os.killpg(process.pid, 2)
    assert process.wait(timeout=20) == -2
    process.communicate()
    assert wait_until(lambda: list(orders.cache.glob("credential-*")))


# What the helper is given.

def test_the_helper_s_world(orders: Client, stub: Stub) -> None:
    secrets = {"DATABRICKS_CLIENT_SECRET": "dose-planted", "DATABRICKS_TOKEN": "dapi-planted", "PGPASSWORD": "planted",
               "LD_LIBRARY_PATH": "/nonexistent", "AZURE_CLIENT_SECRET": "planted"}
    with open("/dev/null", "rb") as extra:
        orders.run(PGBIN / "psql", "-X", "-c", "select 1", "service=orders", env=secrets, pass_fds=(extra.fileno(),)).ok()
    [run] = stub.runs()
    assert run["argv"] == []
    assert run["fds"] == ["0", "1", "2"]
    assert {"PATH", "HOME", "LANG", "PGLAKEBASE"} <= set(run["environment"])
    assert not set(run["environment"]) & {*secrets, "LD_PRELOAD"}
    # The secrets came on standard input.
    assert {"secret.env.DATABRICKS_CLIENT_SECRET", "secret.env.DATABRICKS_TOKEN"} <= set(run["keys"])


# Memory.

@pytest.mark.parametrize("behaviour", ["answer", "permanent", "transient", "die"])
def test_valgrind(orders: Client, stub: Stub, probes: Path, behaviour: str, build: Path) -> None:
    if "libasan" in orders.preload:
        pytest.skip("a sanitizer's run time does not go with valgrind")
    stub.does(behaviour, sentence=SENTENCE)
    watched = ["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99",
               "--child-silent-after-fork=yes"]
    done = orders.run(*watched, probes / "connect_probe", "--times", "3", "connectdb", "service=orders")
    assert done.code == 0, done.error
    assert done.values["status"] == ("ok" if behaviour == "answer" else "bad")
