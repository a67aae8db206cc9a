"""An endpoint that is asleep: blocking calls wait for it within bounds, others and permanent failures do not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import libpqs
from support.catalogue import catalogue
from support.client import PGBIN, Client, Outcome
from support.gateway_log import assert_safe_logins
from support.waiting import wait_until

APP = inventory.APP.name
CREDENTIALS = "POST /api/2.0/postgres/credentials"
DIRECTIVES = ("profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
NOT_WOKEN = r"pglakebase: the endpoint did not wake up within {} s; try again, or wait longer \(wake_timeout, connect_timeout\)"
# Faster than any wait, slower than any machine.
AT_ONCE = 5


@pytest.fixture
def orders(client: Client, lakebase: LocalLakebase, tmp_path: Path) -> Client:
    """A service whose credential is in the cache; what happens is logged."""
    client.service("orders", *DIRECTIVES)
    del client.env["PGCONNECT_TIMEOUT"]
    client.psql("service=orders").ok()
    client.env["PGLAKEBASE_LOG"] = str(tmp_path / "log")
    lakebase.forget()
    return client


def waits(client: Client) -> int:
    log = Path(client.env["PGLAKEBASE_LOG"])
    return log.read_text().count("event=the endpoint seems asleep") if log.exists() else 0


def timed(client: Client, conninfo: str = "service=orders", *more: str, **options: object) -> tuple[Outcome, float]:
    begun = time.monotonic()
    done = client.psql(conninfo, "-w", *more, **options)
    return done, time.monotonic() - begun


def assert_woken(client: Client, conninfo: str = "service=orders", **options: object) -> float:
    done, seconds = timed(client, conninfo, **options)
    assert (done.code, done.text, done.error) == (0, APP, "")
    assert waits(client) == 1
    return seconds


def assert_at_once(client: Client, conninfo: str, pattern: str, **options: object) -> Outcome:
    done, seconds = timed(client, conninfo, **options)
    assert done.code == 2 and re.search(pattern, done.error), done.error
    assert waits(client) == 0 and "wake up" not in done.error
    assert seconds < AT_ONCE
    return done


def test_refused_until_it_listens(orders: Client, lakebase: LocalLakebase) -> None:
    lakebase.refuse(1.5)
    assert assert_woken(orders) >= 1.2
    # Nobody was asked anything for that.
    assert lakebase.calls(CREDENTIALS) == 0


@pytest.mark.parametrize("how", ["close", "reset"])
def test_dropped_then_starting_up(orders: Client, lakebase: LocalLakebase, how: str) -> None:
    lakebase.fault("gateway", "asleep", "demo", attempts=2, starting_seconds=0.5, how=how)
    assert_woken(orders)
    results = [connection["result"] for connection in lakebase.connections()]
    assert results[:2] == ["dropped-asleep"] * 2 and results[-1] == "ok"
    assert "57P03" in {connection["sqlstate"] for connection in lakebase.connections()}
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("how", ["reset", pytest.param("close", marks=pytest.mark.full)])
@pytest.mark.parametrize("stage", ["accept", "tls", "startup", "password", "authenticated"])
def test_dropped_at(orders: Client, lakebase: LocalLakebase, stage: str, how: str) -> None:
    lakebase.fault("gateway", "drop", stage=stage, how=how, times=2)
    assert_woken(orders)
    assert len(lakebase.connections()) == 3


@pytest.mark.parametrize("sqlstate", ["08006", "57P03"])
def test_other_words_for_it(orders: Client, lakebase: LocalLakebase, sqlstate: str) -> None:
    lakebase.fault("gateway", "reject", sqlstate=sqlstate, message="the compute node is not there yet", times=2)
    assert_woken(orders)


def test_slow_tls_is_libpq_s_own_wait(orders: Client, lakebase: LocalLakebase) -> None:
    lakebase.fault("gateway", "slow", stage="tls", seconds=2)
    done, _ = timed(orders)
    assert done.ok().text == APP
    assert waits(orders) == 0 and len(lakebase.connections()) == 1


@pytest.mark.parametrize("bound", ["connect_timeout", "directive", "variable", "the lesser"])
def test_it_never_wakes(orders: Client, lakebase: LocalLakebase, bound: str) -> None:
    lakebase.fault("gateway", "asleep", seconds=100)
    if bound in ("directive", "the lesser"):
        orders.service("sleepy", *DIRECTIVES, "wake_timeout=" + ("2" if bound == "directive" else "90"))
    conninfo = {"directive": "service=sleepy", "variable": "service=orders",
                "the lesser": "service=sleepy connect_timeout=2"}.get(bound, "service=orders connect_timeout=2")
    done, seconds = timed(orders, conninfo, env={"PGLAKEBASE_WAKE_TIMEOUT": "2"} if bound == "variable" else {})
    assert done.code == 2 and 2 <= seconds < 2 + AT_ONCE
    assert done.error.startswith("psql: error: connection to server at") and re.search(NOT_WOKEN.format(2), done.error)
    assert waits(orders) == 1
    # Pauses of 0.05 s at least that double.
    assert 3 <= len(lakebase.connections()) <= 8


@pytest.mark.parametrize("off", ["directive", "variable"])
def test_waiting_can_be_switched_off(orders: Client, lakebase: LocalLakebase, off: str) -> None:
    lakebase.fault("gateway", "asleep", seconds=100)
    orders.service("hasty", *DIRECTIVES, "wake_timeout=0")
    if off == "directive":
        assert_at_once(orders, "service=hasty", "server closed|reset by peer")
    else:
        assert_at_once(orders, "service=orders", "server closed|reset by peer", env={"PGLAKEBASE_WAKE_TIMEOUT": "0"})
    assert len(lakebase.connections()) == 1


def test_permanent_failures_of_a_server(orders: Client, lakebase: LocalLakebase) -> None:
    assert_at_once(orders, "service=orders dbname=nowhere", 'database "nowhere" does not exist')
    assert len(lakebase.connections()) == 1
    lakebase.forget()
    lakebase.fault("gateway", "reject")
    assert_at_once(orders, "service=orders", "External authorization failed")
    # Once more with a fresh token, and no more.
    assert len(lakebase.connections()) == 2


def test_names_that_do_not_exist(orders: Client) -> None:
    host = "ep-no-such-host-a1b2c3d4.database.us-east-1.cloud.databricks.com"
    orders.service("nowhere", *DIRECTIVES, host=host, hostaddr=None)
    assert_at_once(orders, "service=nowhere", "could not translate host name")


def test_hosts_of_a_list(orders: Client, lakebase: LocalLakebase) -> None:
    """All asleep: waited for; one that is not: its failure stands."""
    demo, port = lakebase.hosts["demo"], lakebase.ports["gateway"]
    orders.service("pair", *DIRECTIVES, host=f"{demo},{demo}", hostaddr="127.0.0.1,127.0.0.1", port=f"1,{port}")
    orders.service("half", *DIRECTIVES, host=f"{demo},{demo}", hostaddr="127.0.0.1,", port=f"1,{port}")
    orders.psql("service=pair").ok()
    lakebase.fault("gateway", "asleep", "demo", attempts=2)
    assert_woken(orders, "service=pair")
    Path(orders.env["PGLAKEBASE_LOG"]).unlink()
    assert_at_once(orders, "service=half", "could not translate host name")


def test_an_address_without_a_route(orders: Client, lakebase: LocalLakebase) -> None:
    """As when a name has an IPv6 address, and the machine no IPv6."""
    demo, port = lakebase.hosts["demo"], lakebase.ports["gateway"]
    orders.service("both", *DIRECTIVES, host=f"{demo},{demo}", hostaddr="255.255.255.255,127.0.0.1", port=str(port))
    orders.psql("service=both").ok()
    lakebase.refuse(1)
    assert_woken(orders, "service=both")


def test_others_connections_are_not_waited_for(orders: Client, lakebase: LocalLakebase) -> None:
    """PostgreSQL elsewhere, and native passwords, even on Lakebase."""
    assert_at_once(orders, "host=127.0.0.1 port=1 user=me", "Connection refused")
    lakebase.fault("gateway", "asleep", seconds=100)
    assert_at_once(orders, orders.direct(user="native_user", password=lakebase.passwords["native_user"]),
                   "server closed|reset by peer")


def test_no_credential_is_no_sleep(client: Client, lakebase: LocalLakebase, tmp_path: Path) -> None:
    client.service("orders", *DIRECTIVES)
    client.env["PGLAKEBASE_LOG"] = str(tmp_path / "log")
    lakebase.fault("api", "status", status=401)
    assert_at_once(client, "service=orders", "pglakebase: no token")


def test_the_token_is_taken_anew(orders: Client, lakebase: LocalLakebase) -> None:
    """It ends while the endpoint is waited for."""
    lakebase.set_token_lifetime(3)
    orders.service("short", *DIRECTIVES, "ttl=600")
    orders.psql("service=short").ok()
    lakebase.forget()
    lakebase.fault("gateway", "asleep", "demo", seconds=6)
    assert_woken(orders, "service=short")
    assert lakebase.calls(CREDENTIALS) >= 1
    # Not: sent the old one, and was refused.
    [login] = assert_safe_logins(lakebase)
    assert login["result"] == "ok"


def test_polled_connects_never_wait(orders: Client, lakebase: LocalLakebase, probes: Path) -> None:
    lakebase.fault("gateway", "asleep", seconds=100)
    values = orders.run(probes / "connect_probe", "start", "service=orders").ok().values
    assert values["status"] == "bad" and int(values["connect_ms"]) < AT_ONCE * 1000
    assert waits(orders) == 0


def session(client: Client, probes: Path, version: int | None) -> "subprocess.Popen[bytes]":
    env = {} if version is None else {"LD_LIBRARY_PATH": str(libpqs.library_path(version)),
                                      "PGSERVICEFILE": str(client.home / ".pg_service.conf")}
    return subprocess.Popen([probes / "session_probe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            env=client.environment(env=env))


def say(process: "subprocess.Popen[bytes]", line: str) -> dict[str, str]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    values: dict[str, str] = {}
    while "done" not in values:
        said = process.stdout.readline().decode()
        assert said, values
        name, _, value = said.rstrip("\n").partition("=")
        values[name] = value
    return values


def wakes_in_every_way(client: Client, lakebase: LocalLakebase, probes: Path, version: int | None) -> None:
    process = session(client, probes, version)
    try:
        for line in ("connectdb service=orders", "reset"):
            lakebase.fault("gateway", "asleep", "demo", attempts=2, starting_seconds=0.3)
            values = say(process, line)
            assert (values["status"], values["current_user"], values["error"]) == ("ok", APP, ""), (version, line, values)
            lakebase.clear_faults()
        lakebase.fault("gateway", "asleep", "demo", attempts=1)
        values = say(process, "reset-start")
        assert values["status"] == "bad", (version, values)
        assert say(process, "reset")["status"] == "ok"
    finally:
        process.kill()
        process.communicate()


def test_resets(orders: Client, lakebase: LocalLakebase, probes: Path) -> None:
    wakes_in_every_way(orders, lakebase, probes, None)
    assert waits(orders) == 2


@pytest.mark.full
def test_every_libpq(orders: Client, lakebase: LocalLakebase, probes: Path) -> None:
    libpqs.install()
    for version in libpqs.VERSIONS:
        if version >= libpqs.FIRST_WITH_SNI:
            wakes_in_every_way(orders, lakebase, probes, version)


def test_a_reset_explains_and_can_be_repeated(orders: Client, lakebase: LocalLakebase, probes: Path) -> None:
    process = session(orders, probes, None)
    try:
        assert say(process, "connectdb service=orders connect_timeout=2")["status"] == "ok"
        lakebase.fault("gateway", "asleep", seconds=100)
        values = say(process, "reset")
        assert values["status"] == "bad" and re.search(NOT_WOKEN.format(2), values["error"])
        lakebase.clear_faults()
        values = say(process, "reset")
        assert (values["status"], values["error"]) == ("ok", "")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(orders: Client, lakebase: LocalLakebase, number: signal.Signals) -> None:
    lakebase.fault("gateway", "asleep", seconds=100)
    process = orders.start(PGBIN / "psql", "-XAtw", "-c", "select 1", "service=orders")
    assert wait_until(lambda: waits(orders) == 1)
    time.sleep(0.5)
    begun = time.monotonic()
    os.kill(process.pid, number)
    process.communicate(timeout=20)
    assert process.returncode == -number and time.monotonic() - begun < AT_ONCE


def test_libpq_in_another_language(orders: Client, lakebase: LocalLakebase, tmp_path: Path) -> None:
    closed = ("server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n"
              "\tbefore or while processing the request.")
    directory = tmp_path / "locale" / "de" / "LC_MESSAGES"
    directory.mkdir(parents=True)
    words = "Server beendete die Verbindung unerwartet\n\tDas heißt wahrscheinlich …"
    for end in ("", "\n"):
        (directory / "libpq5-15.mo").write_bytes(catalogue({closed: words, closed + "\n": words + "\n"}))
    german = {"PGLOCALEDIR": str(tmp_path / "locale"), "LANGUAGE": "de", "LC_ALL": "C.UTF-8"}
    lakebase.fault("gateway", "drop", stage="accept", how="close", times=1)
    done, _ = timed(orders, env=german | {"PGLAKEBASE_WAKE_TIMEOUT": "0"})
    assert "beendete die Verbindung unerwartet" in done.error
    lakebase.fault("gateway", "drop", stage="accept", how="close", times=2)
    assert_woken(orders, env=german)


def test_asleep_between_a_refusal_and_the_next_login(orders: Client, lakebase: LocalLakebase, probes: Path) -> None:
    """What was fetched for the refused one is accepted late, which counts: the next refusal is answered likewise."""
    process = session(orders, probes, None)
    try:
        assert say(process, "connectdb service=orders")["status"] == "ok"
        for _ in range(2):
            lakebase.revoke_all()
            lakebase.fault("gateway", "asleep", "demo", attempts=1, after=1)
            values = say(process, "reset")
            assert (values["status"], values["error"]) == ("ok", ""), values
            lakebase.clear_faults()
    finally:
        process.kill()
        process.communicate()
    assert lakebase.calls(CREDENTIALS) == 2
