"""A connection is begun while its token is fetched: TLS stands when the token comes, and nothing was said before."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import PGBIN, Client
from support.gateway_log import assert_nothing_sent, assert_safe_logins
from support.relay import Relay
from support.stub import Stub
from support.waiting import wait_until

APP = inventory.APP.name
WAYS = {
    "connectdb": ["connectdb", "service=orders"],
    "params": ["params", "0", "service=orders"],
    "login": ["login", *["NULL"] * 4, "service=orders", "NULL", "NULL"],
    "start": ["start", "service=orders"],
    "start-params": ["start-params", "0", "service=orders"],
}
FETCH_S = 2.0


@pytest.fixture
def orders(stubbed: Client, stub: Stub) -> Client:
    """No user is given: it comes with the token, and the schema goes by it."""
    stubbed.service("orders", "profile=DEMO", "schema=per-developer")
    stub.does("answer", delay=FETCH_S)
    return stubbed


def secured(lakebase: LocalLakebase) -> bool:
    return any(attempt["tls"] for attempt in lakebase.connections())


@pytest.mark.parametrize("way", WAYS)
def test_one_connection_that_waits_for_the_token(orders: Client, lakebase: LocalLakebase, probes: Path, way: str) -> None:
    process = orders.start(probes / "connect_probe", *WAYS[way])
    assert wait_until(lambda: secured(lakebase), FETCH_S)
    (begun,) = lakebase.connections()
    assert (begun["user"], begun["password_received"]) == ("", False) and process.poll() is None
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and b"status=ok" in out, (out, err)
    (login,) = assert_safe_logins(lakebase)
    assert len(lakebase.connections()) == 1
    assert login["number"] == begun["number"] and login["user"] == APP


def test_user_and_schema_come_with_the_token(orders: Client, lakebase: LocalLakebase) -> None:
    done = orders.psql("service=orders", sql="select current_user, current_setting('search_path')").ok()
    user, path = done.text.split("|")
    assert user == APP and path == f'"{APP}"'
    assert len(lakebase.connections()) == 1


@pytest.mark.parametrize("fault", ["refused", "dropped", "reset", "closed while it waits"])
@pytest.mark.parametrize("way", WAYS)
def test_trouble_before_the_token_costs_the_attempt_alone(stubbed: Client, stub: Stub, lakebase: LocalLakebase, probes: Path,
                                                          way: str, fault: str) -> None:
    stub.does("answer", delay=FETCH_S)
    # Else the library would wait for a server that seems asleep.
    stubbed.env["PGLAKEBASE_WAKE_TIMEOUT"] = "0"
    closing = FETCH_S / 2 if fault.startswith("closed") else 0
    with Relay(lakebase.ports["gateway"], close_after=closing) as relay:
        stubbed.service("orders", "profile=DEMO", port=str(relay.port) if closing else "gateway")
        if fault == "refused":
            lakebase.refuse(FETCH_S / 2)
        elif not closing:
            how = "close" if fault == "dropped" else "reset"
            lakebase.fault("gateway", "drop", "*", stage="tls", how=how, times=1)
        values = stubbed.run(probes / "connect_probe", *WAYS[way]).ok().values
    assert (values["status"], values["error"]) == ("ok", "")
    assert len(assert_safe_logins(lakebase)) == 1


@pytest.mark.parametrize("stage", ["tls", "password"])
def test_a_server_that_hangs_does_not_outlast_connect_timeout(orders: Client, stub: Stub, lakebase: LocalLakebase,
                                                              stage: str) -> None:
    """As without us."""
    stub.does("answer")
    lakebase.fault("gateway", "slow", "*", stage=stage, seconds=60, times=1)
    begun = time.monotonic()
    done = orders.psql("service=orders connect_timeout=4", "-w")
    assert time.monotonic() - begun < 7
    assert done.code == 2 and done.error.endswith("failed: timeout expired") and APP not in done.error
    assert len(lakebase.connections()) == 1


def test_a_connection_whose_time_was_up_can_be_reset(orders: Client, stub: Stub, lakebase: LocalLakebase, probes: Path) -> None:
    stub.does("answer")
    lakebase.fault("gateway", "slow", "*", stage="tls", seconds=60, times=1)
    values = orders.run(probes / "connect_probe", "--reset", "connectdb", "service=orders connect_timeout=3").ok().values
    assert (values["status"], values["error"]) == ("ok", "")


def test_where_a_server_hangs_the_next_one_is_tried(orders: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    stub.does("answer")
    lakebase.fault("gateway", "slow", "*", stage="tls", seconds=60, times=1)
    host = lakebase.hosts["demo"]
    begun = time.monotonic()
    assert orders.psql(f"service=orders host={host},{host} hostaddr=127.0.0.1,127.0.0.1 connect_timeout=3").ok().text == APP
    assert time.monotonic() - begun < 15


@pytest.mark.full
def test_time_until_tls_counts_while_the_token_is_fetched(orders: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    stub.does("answer", delay=4)
    lakebase.fault("gateway", "slow", "*", stage="tls", seconds=60, times=1)
    begun = time.monotonic()
    assert orders.psql("service=orders connect_timeout=8", "-w").code == 2
    assert time.monotonic() - begun < 11.5
    assert len(lakebase.connections()) == 1


def test_a_slow_line_costs_no_second_connection(orders: Client, stub: Stub, lakebase: LocalLakebase, probes: Path) -> None:
    stub.does("answer")
    with Relay(lakebase.ports["gateway"], latency=0.3) as relay:
        values = orders.run(probes / "connect_probe", "connectdb", f"service=orders port={relay.port} connect_timeout=20").ok().values
        assert (values["status"], relay.taken) == ("ok", 1)


@pytest.mark.parametrize("value", ["abc", "5x", "99999999999"])
def test_a_bad_connect_timeout_is_libpq_s_to_refuse(orders: Client, stub: Stub, lakebase: LocalLakebase, probes: Path,
                                                    value: str) -> None:
    stub.does("answer")
    values = orders.run(probes / "connect_probe", "connectdb", f"service=orders connect_timeout={value}").ok().values
    assert values["status"] == "bad" and "connect_timeout" in values["error"]
    assert_nothing_sent(lakebase)


@pytest.mark.parametrize("at, on", [*((at, False) for at in range(1, 16)), *((at, True) for at in range(1, 16, 2))])
def test_poll_that_fails_costs_the_attempt_alone(orders: Client, stub: Stub, probes: Path, at: int, on: bool) -> None:
    """Where it is ours. Where it is libpq's, libpq says so."""
    stub.does("answer")
    env = {"LD_PRELOAD": f"{probes / 'hosts' / 'libodd_network.so'} {orders.preload}", "FAIL_POLL": str(at),
           "FAIL_ON": "1" if on else None, "PGCONNECT_TIMEOUT": "0"}
    values = orders.run(probes / "connect_probe", "connectdb", "service=orders", preload=False, env=env, timeout=30).ok().values
    refused = values["status"] == "bad" and "Cannot allocate memory" in values["error"]
    reached = int(values["polls"]) >= at
    assert refused or (values["status"] == "ok" and not (on and reached)), values


@pytest.mark.full
def test_a_server_does_not_wait_long_for_a_name(stubbed: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    """It might end the connection just then."""
    stubbed.service("orders", "profile=DEMO")
    stub.does("answer", delay=11.5)
    assert stubbed.psql("service=orders").ok().text == APP
    assert [bool(attempt["user"]) for attempt in lakebase.connections()] == [False, True]


@pytest.mark.parametrize("way", ["connectdb", "start"])
@pytest.mark.parametrize("behaviour", ["answer", "transient"])
def test_a_slow_name_service_is_asked_once(stubbed: Client, stub: Stub, probes: Path, way: str, behaviour: str) -> None:
    stubbed.service("orders", "profile=DEMO", hostaddr=None)
    stub.does(behaviour, sentence="the workspace is away", delay=0.5)
    preload = f"{probes / 'hosts' / 'libodd_network.so'} {stubbed.preload}"
    values = stubbed.run(probes / "connect_probe", *WAYS[way], preload=False, env={"LD_PRELOAD": preload, "SLOW_NAMES": "2"}).ok().values
    assert (values["status"], values["lookups"]) == ("bad", "1")
    assert ("the workspace is away" if behaviour == "transient" else "could not translate host name") in values["error"]


def test_a_wrapper_in_front_of_libpq_sees_the_call(orders: Client, stub: Stub, lakebase: LocalLakebase, probes: Path) -> None:
    stub.does("answer")
    env = {"LD_PRELOAD": f"{orders.preload} {probes / 'hosts' / 'libwrapper.so'}", "WRAPPER_TELLS": "1"}
    values = orders.run(probes / "connect_probe", "connectdb", "service=orders", preload=False, env=env).ok().values
    assert values["status"] == "ok" and "wrapper" in values
    assert len(lakebase.connections()) == 1


def test_without_connect_timeout_a_slow_server_is_waited_for(orders: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    stub.does("answer")
    orders.env["PGCONNECT_TIMEOUT"] = "0"
    lakebase.fault("gateway", "slow", "*", stage="tls", seconds=3, times=1)
    assert orders.psql("service=orders").ok().text == APP
    assert len(lakebase.connections()) == 1


def test_second_host_of_a_list(orders: Client, lakebase: LocalLakebase) -> None:
    host, port = lakebase.hosts["demo"], lakebase.ports["gateway"]
    conninfo = f"host={host},{host} hostaddr=127.0.0.1,127.0.0.1 port=1,{port}"
    assert orders.psql(conninfo, env={"DATABRICKS_CONFIG_PROFILE": "DEMO"}).ok().text == APP
    assert len(lakebase.connections()) == 1


@pytest.mark.parametrize("way", WAYS)
def test_no_token_no_login(orders: Client, stub: Stub, lakebase: LocalLakebase, probes: Path, way: str) -> None:
    stub.does("permanent", sentence="the secret is refused", delay=FETCH_S / 2)
    values = orders.run(probes / "connect_probe", *WAYS[way]).ok().values
    assert values["status"] == "bad" and "the secret is refused" in values["error"]
    assert_nothing_sent(lakebase)
    assert [attempt["user"] for attempt in lakebase.connections() if attempt["user"]] == []


@pytest.mark.parametrize("behaviour", ["permanent", "transient"])
def test_no_token_leaves_no_descriptor(orders: Client, stub: Stub, lakebase: LocalLakebase, probes: Path, behaviour: str) -> None:
    stub.does(behaviour, sentence="the secret is refused", delay=FETCH_S / 2)
    values = orders.run(probes / "state_probe", "service=orders").ok().values
    assert secured(lakebase) and values["status"] == "bad"
    assert values["finished_fds"] == values["before_fds"]


def test_an_impostor_gets_nothing(orders: Client, lakebase: LocalLakebase) -> None:
    orders.service("imposter", "profile=DEMO", port="odd")
    for kind in ("wrong-host", "untrusted", "self-signed", "expired"):
        lakebase.use_certificate(kind)
        done = orders.psql("service=imposter")
        assert done.code == 2 and done.error.count("certificate") >= 1, done
    assert_nothing_sent(lakebase)
