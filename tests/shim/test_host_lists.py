"""Lists of hosts, addresses, poolers: one token serves all, and libpq's own rules on which host is taken stand."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import libpqs
from support.client import Client, Outcome
from support.gateway_log import assert_nothing_sent, assert_safe_logins

APP = inventory.APP.name
CREDENTIALS = "POST /api/2.0/postgres/credentials"
DIRECTIVES = ("profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
# What makes a session of the local Lakebase look like one of a read-only endpoint.
READ_ONLY = "options='-c default_transaction_read_only=on'"


@pytest.fixture
def pair(client: Client, lakebase: LocalLakebase) -> Client:
    """The endpoint that writes, and one that reads."""
    hosts, port = lakebase.hosts, lakebase.ports["gateway"]
    client.service("pair", *DIRECTIVES, host=f"{hosts['demo']},{hosts['readonly']}", hostaddr="127.0.0.1,127.0.0.1")
    client.service("dead-first", *DIRECTIVES, host=f"{hosts['demo']},{hosts['readonly']}", hostaddr="127.0.0.1,127.0.0.1",
                   port=f"1,{port}")
    return client


def connect(client: Client, conninfo: str) -> Outcome:
    return client.psql(conninfo, "-w", timeout=30)


@pytest.mark.parametrize("attrs, more", [
    ("any", ""), ("read-write", ""), ("primary", ""), ("prefer-standby", ""), ("read-only", " " + READ_ONLY),
])
def test_session_attributes(pair: Client, lakebase: LocalLakebase, attrs: str, more: str) -> None:
    """The caller's own value is used, not the one that we ask libpq with."""
    done = connect(pair, f"service=pair target_session_attrs={attrs}{more}").ok()
    assert done.text == APP
    assert lakebase.calls(CREDENTIALS) == 1
    assert_safe_logins(lakebase, None)


@pytest.mark.parametrize("attrs, more, words", [
    ("standby", "", "server is not in hot standby mode"), ("read-only", "", "session is not read-only"),
    ("read-write", " " + READ_ONLY, "session is read-only"),
])
def test_no_host_that_fits(pair: Client, lakebase: LocalLakebase, attrs: str, more: str, words: str) -> None:
    """libpq's words; both hosts were asked, with the same token, and nobody waits."""
    done = connect(pair, f"service=pair target_session_attrs={attrs}{more}")
    assert done.code == 2 and done.error.count(words) == 2 and "pglakebase" not in done.error
    assert {login["sni"] for login in assert_safe_logins(lakebase, None)} == {lakebase.hosts["demo"], lakebase.hosts["readonly"]}
    assert lakebase.calls(CREDENTIALS) == 1


def test_the_first_is_down(pair: Client, lakebase: LocalLakebase) -> None:
    assert connect(pair, "service=dead-first").ok().text == APP
    assert_safe_logins(lakebase, "readonly")


@pytest.mark.parametrize("version", [16, 17, 18])
def test_balanced_hosts(pair: Client, lakebase: LocalLakebase, probes, version: int) -> None:
    libpqs.install()
    env = {"LD_LIBRARY_PATH": str(libpqs.library_path(version))}
    for _ in range(12):
        values = pair.run(probes / "connect_probe", "connectdb", "service=pair load_balance_hosts=random", env=env).ok().values
        assert (values["status"], values["current_user"]) == ("ok", APP)
    # All twelve to the same one: once in two thousand.
    assert {login["sni"] for login in assert_safe_logins(lakebase, None)} == {lakebase.hosts["demo"], lakebase.hosts["readonly"]}
    assert lakebase.calls(CREDENTIALS) == 1


@pytest.mark.parametrize("how", ["host", "environment"])
def test_an_address_needs_its_name(client: Client, lakebase: LocalLakebase, how: str) -> None:
    """hostaddr says where to, host for whom the token and the certificate are."""
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    if how == "host":
        done = connect(client, client.direct())
    else:
        client.env |= {"PGHOST": lakebase.hosts["demo"], "PGHOSTADDR": "127.0.0.1", "PGPORT": str(lakebase.ports["gateway"])}
        done = connect(client, "")
    assert done.ok().text == APP
    assert_safe_logins(lakebase)


@contextlib.contextmanager
def forwarded(port: int) -> Iterator[int]:
    """A port on ::1 that leads to the one on 127.0.0.1."""
    listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    stop = threading.Event()

    def carry(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", port)) as far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while not stop.is_set():
                for key, _ in ready.select(0.2):
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    if not data:
                        return
                    key.data.sendall(data)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=carry, args=(near,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("address", ["::1", "255.255.255.255,::1"])
def test_ipv6(client: Client, lakebase: LocalLakebase, address: str) -> None:
    host = ",".join([lakebase.hosts["demo"]] * len(address.split(",")))
    with forwarded(lakebase.ports["gateway"]) as port:
        client.service("six", *DIRECTIVES, host=host, hostaddr=address, port=str(port))
        assert connect(client, "service=six").ok().text == APP
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("hosts", ["{pooled}", "{demo},{pooled}", "{pooled},{pooled}"])
def test_poolers_are_named(client: Client, lakebase: LocalLakebase, hosts: str) -> None:
    """They take no token: one sentence, which names the direct host; or that one is taken, where the service says so."""
    names = hosts.format(**lakebase.hosts)
    direct = names.replace("-pooler", "")
    addresses = ",".join(["127.0.0.1"] * len(names.split(",")))
    client.service("plain", *DIRECTIVES, host=names, hostaddr=addresses)
    client.service("stripped", *DIRECTIVES, "strip_pooler=yes", host=names, hostaddr=addresses)
    done = connect(client, "service=plain")
    assert done.code == 2 and done.error.count("\n") == 0
    assert f'connect to "{direct}", or say "#lakebase: strip_pooler=yes"' in done.error
    assert lakebase.connections() == []
    assert connect(client, "service=stripped").ok().text == APP
    assert_safe_logins(lakebase)


def test_a_pooler_and_a_native_password(client: Client, lakebase: LocalLakebase, secret_watch) -> None:
    password = lakebase.passwords["native_user"]
    done = connect(client, client.direct("pooled", user="native_user", password=password, dbname=inventory.DATABASE))
    assert done.ok().text == "native_user"
    assert lakebase.calls(CREDENTIALS) == 0


def test_custom_names_of_a_list(client: Client, lakebase: LocalLakebase) -> None:
    """Names of one's own (CNAME, private link), declared by a section."""
    for name in ("db.example.net", "read.example.net"):
        lakebase.alias(name)
    lakebase.use_certificate("wrong-host")
    client.service("private", *DIRECTIVES, host="db.example.net,db.example.net", hostaddr="127.0.0.1,127.0.0.1", port="odd")
    assert connect(client, "service=private").ok().text == APP
    lakebase.forget()
    # The certificate is for the first alone, and no other name will do.
    client.service("other", *DIRECTIVES, host="read.example.net", port="odd")
    done = connect(client, "service=other")
    assert done.code == 2 and "does not match host name" in done.error
    assert_nothing_sent(lakebase)
