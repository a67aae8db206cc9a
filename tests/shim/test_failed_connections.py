"""What a program sees of a connection that cannot be had, through every function that connects."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.client import Client, Outcome
from support.gateway_log import assert_nothing_sent
from support.stub import Stub

from .hosts import APP, Hosts, wait

SENTENCE = "it does not work; do something"
CALLS = {
    "connectdb": ["connectdb", "service=orders"],
    "start": ["start", "service=orders"],
    "params": ["params", "0", "service=orders"],
    "start-params": ["start-params", "0", "service=orders"],
    "login": ["login", *["NULL"] * 4, "service=orders", "NULL", "NULL"],
}
FAILURES = ["permanent", "transient", "nothing", "no helper"]


def fail(stub: Stub, failure: str) -> str:
    """Makes it so; what the message must end with."""
    if failure == "no helper":
        stub.helper.unlink()
        return ('the helper pglakebase-fetch cannot be started; install it beside libpglakebase.so (in a chroot: '
                'inside it), or warm the cache with "pglakebase token" first')
    stub.does(failure, sentence=SENTENCE)
    if failure == "nothing":
        return 'the helper pglakebase-fetch ended without an answer; "pglakebase token" shows more'
    return SENTENCE


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("failure", FAILURES)
def test_failure(stubbed: Client, stub: Stub, probes: Path, lakebase: LocalLakebase, call: str, failure: str) -> None:
    stubbed.service("orders", "profile=DEMO")
    words = fail(stub, failure)
    values = stubbed.run(probes / "failure_probe", *CALLS[call]).ok().values
    assert values["status"] == "bad"
    assert values["error"] == f'pglakebase: no token for the service "orders": {words}\\n'
    # psql and others would ask for a password, and try again with it.
    assert (values["needs_password"], values["used_password"]) == ("0", "0")
    assert (values["socket"], values["polling"]) == ("-1", "failed")
    assert values["exec"] == "bad" and values["error_again"] != ""
    # Reset in either way: the same reason again, or a newer one.
    for how in ("reset", "reset_start"):
        assert values[f"{how}_status"] == "bad"
        assert values[f"{how}_error"].startswith("pglakebase: no token"), values
        assert values[f"{how}_error"].endswith(f"{words}\\n")
    assert_nothing_sent(lakebase)
    assert {c["user"] for c in lakebase.connections()} <= {""}


@pytest.mark.parametrize("failure", FAILURES)
def test_psql_does_not_ask(stubbed: Client, stub: Stub, failure: str) -> None:
    stubbed.service("orders", "profile=DEMO")
    words = fail(stub, failure)
    done = stubbed.psql("service=orders")
    assert done.code == 2
    assert done.error == f'psql: error: pglakebase: no token for the service "orders": {words}'


def revived(hosts: Hosts, probes: Path, *argv: str) -> dict[str, str]:
    """The faults end when the first connect has failed."""
    process = hosts.client.start(probes / "failure_probe", "--revive", *argv)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    hosts.lakebase.clear_faults()
    done = wait(process, 40).ok()
    return Outcome(done.code, b"".join(lines) + done.out, done.err).values


@pytest.mark.parametrize("call, user, how", [
    ("connectdb", "", "reset"), ("connectdb", " user=data-engineers", "reset-start"), ("start", "", "reset-start"),
])
def test_outage_at_boot(hosts: Hosts, lakebase: LocalLakebase, probes: Path, call: str, user: str, how: str) -> None:
    """The API is down when the program starts and up later: it resets until it is connected, as whom it should."""
    lakebase.fault("api", "status", "*", status=503)
    values = revived(hosts, probes, how, call, "service=orders connect_timeout=2" + user)
    assert values["first_status"] == "bad" and values["first_error"].startswith("pglakebase: no token")
    assert values["user"] == (user.removeprefix(" user=") or APP)
    assert values["current_user"] == values["user"] and values["db"] == "databricks_postgres"
    assert (values["status"], values["error"]) == ("ok", "")
    assert (values["sigchld"], values["visible_child"]) == ("0", "0")
    for login in lakebase.connections():
        assert not login["password_received"] or (login["password_kind"] == "jwt" and login["password_over_tls"]), login


def test_unknown_host_at_boot(client: Client, lakebase: LocalLakebase, probes: Path) -> None:
    """Neither the API's name nor the database's resolves."""
    client.env["DATABRICKS_HOST"] = "https://workspace.invalid"
    client.env["DATABRICKS_CONFIG_FILE"] = "/nonexistent"
    client.env |= {"DATABRICKS_CLIENT_ID": APP, "DATABRICKS_CLIENT_SECRET": "x"}
    values = client.run(probes / "failure_probe", "connectdb",
                        f"host={lakebase.hosts['demo']} connect_timeout=5", timeout=60).ok().values
    assert values["status"] == "bad" and values["error"].startswith("pglakebase: no token for the host")
    assert "workspace.invalid" in values["error"]
    assert values["reset_error"].startswith("pglakebase: no token")


@pytest.mark.parametrize("hosts_and_addresses", [
    ("{demo},{demo},{demo}", "127.0.0.1,127.0.0.1,127.0.0.1", 3),
    # Nobody answers from there.
    ("{demo}", "192.0.2.1", 0), ("{demo},{demo}", "192.0.2.1,127.0.0.1", 1), ("{demo},{demo}", "127.0.0.1,192.0.2.1", 1),
    ("{demo}", "2001:db8::1", 0),
], ids=lambda value: str(value[1]))
@pytest.mark.parametrize("call", ["connectdb", "start"])
def test_postponing_sends_nothing_and_never_blocks(stubbed: Client, stub: Stub, probes: Path, lakebase: LocalLakebase,
                                                   call: str, hosts_and_addresses: tuple[str, str, int]) -> None:
    names, addresses, reachable = hosts_and_addresses
    stub.does("transient", sentence=SENTENCE)
    host = names.replace("{demo}", lakebase.hosts["demo"])
    conninfo = f"host={host} hostaddr={addresses} port={lakebase.ports['gateway']}"
    values = stubbed.run(probes / "failure_probe", "--once", call, conninfo).ok().values
    assert values["error"].endswith(f"{SENTENCE}\\n") and values["status"] == "bad"
    # The stub takes a moment to start.
    assert int(values["connect_ms"]) < 1500
    seen = lakebase.connections()
    assert len(seen) <= reachable
    # One may have been begun while the token was awaited.
    assert len([c for c in seen if c["sni"]]) <= 1
    assert [c for c in seen if c["user"] or c["password_received"]] == []


def test_a_newer_message_of_libpq_stands(hosts: Hosts, lakebase: LocalLakebase, probes: Path) -> None:
    """The API is back, and then it is the server that refuses: what libpq says is shown, not what was."""
    lakebase.fault("api", "status", "*", status=503)
    values = revived(hosts, probes, "reset", "connectdb", "service=orders connect_timeout=2 user=nobody_knows")
    assert values["first_error"].startswith("pglakebase: no token")
    assert values["status"] == "bad" and values["error"].startswith("connection to server at")


def test_many_failures_without_an_end(stubbed: Client, stub: Stub, probes: Path) -> None:
    """A program that never calls PQfinish still gets its message each time."""
    stubbed.service("orders", "profile=DEMO")
    stub.does("permanent", sentence=SENTENCE)
    values = stubbed.run(probes / "failure_probe", "--leave", "10", "connectdb", "service=orders").ok().values
    assert values["right"] == "10"


def test_address_used_again(stubbed: Client, stub: Stub, probes: Path, lakebase: LocalLakebase) -> None:
    """A connection that was finished behind our back leaves no message to the next one at its address."""
    stubbed.service("orders", "profile=DEMO")
    for failure in ("permanent", "transient"):
        stub.does(failure, sentence=SENTENCE)
        values = stubbed.run(probes / "failure_probe", "--reuse", "connectdb", "service=orders").ok().values
        assert int(values["reused"]) > 0
        assert values["stale"] == "0", values


VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite", "--track-fds=yes", "--child-silent-after-fork=yes"]


@pytest.mark.full
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("call", ["connectdb", "start"])
def test_failure_under_valgrind(stubbed: Client, stub: Stub, probes: Path, failure: str, call: str) -> None:
    stubbed.service("orders", "profile=DEMO")
    words = fail(stub, failure)
    done = stubbed.run(probes / "failure_probe", *CALLS[call], prefix=VALGRIND, timeout=120)
    assert done.code == 0, done.error
    assert done.values["error"].endswith(f"{words}\\n")
    assert "Open file descriptor" not in done.error.replace("<inherited from parent>", "").split("Open file descriptor 3")[0]
