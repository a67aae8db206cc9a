"""Every libpq from 10 to 18 (Debian has one of them): connects, refuses clearly, renews, passes through."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import libpqs
from support.calls import CALLS
from support.client import Client
from support.gateway_log import assert_nothing_sent, assert_safe_logins
from support.session import Session, sessions

APP = inventory.APP.name
DIRECTIVE = "endpoint=projects/shop/branches/production/endpoints/primary"
MODERN = [version for version in libpqs.VERSIONS if version >= libpqs.FIRST_WITH_SNI]
OLD = [version for version in libpqs.VERSIONS if version < libpqs.FIRST_WITH_SNI]
ALL = list(libpqs.VERSIONS)
AT_ONCE = 4

# More ways to say where to: arguments, environment, and whether the service "orders" is known.
PLACE = {"PGHOST": "{host}", "PGHOSTADDR": "127.0.0.1", "PGPORT": "{port}"}
NAMINGS = {
    "PGSERVICEFILE": (["connectdb", "service=elsewhere"], {"PGSERVICEFILE": "{elsewhere}"}),
    "PGSERVICE in PGSERVICEFILE": (["start", ""], {"PGSERVICEFILE": "{elsewhere}", "PGSERVICE": "elsewhere"}),
    "PGHOST": (["connectdb", ""], PLACE),
    "PGHOST polled": (["start", ""], PLACE),
    "host of two addresses": (["connectdb", "host={host},{host} hostaddr=127.0.0.1,127.0.0.1 port=1,{port}"], {}),
}

Values = dict[str, str]
Report = Callable[[int, list[str], dict[str, str]], Values]


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    libpqs.install()


@pytest.fixture
def named(client: Client) -> Client:
    client.service("orders", DIRECTIVE)
    client.service("elsewhere", DIRECTIVE, file=client.home / "elsewhere.conf")
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    return client


def with_libpq(client: Client, version: int) -> dict[str, str]:
    env = {"LD_LIBRARY_PATH": str(libpqs.library_path(version))}
    if version < libpqs.FIRST_WITH_HOME:
        env["PGSERVICEFILE"] = str(client.home / ".pg_service.conf")
    return env


@pytest.fixture
def report(named: Client, lakebase: LocalLakebase, probes: Path) -> Report:
    """What connect_probe says with that libpq."""
    places = {"host": lakebase.hosts["demo"], "port": str(lakebase.ports["gateway"]),
              "elsewhere": str(named.home / "elsewhere.conf")}

    def run(version: int, argv: list[str], env: dict[str, str]) -> Values:
        filled = with_libpq(named, version) | {name: value.format(**places) for name, value in env.items()}
        done = named.run(probes / "connect_probe", *(word.format(**places) for word in argv), env=filled)
        return done.ok().values

    return run


def all_calls(report: Report, version: int) -> dict[str, Values]:
    calls = {**CALLS, **NAMINGS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(calls, pool.map(lambda call: report(version, call[0], dict(call[1])), calls.values()), strict=True))


def test_each_is_itself(named: Client, probes: Path) -> None:
    for version in ALL:
        listed = named.run(probes / "connect_probe", env=with_libpq(named, version) | {"LD_TRACE_LOADED_OBJECTS": "1"})
        assert f"libpq.so.5 => {libpqs.library_path(version)}/libpq.so.5" in listed.text


@pytest.mark.parametrize("version", MODERN)
def test_connects(report: Report, lakebase: LocalLakebase, version: int) -> None:
    seen = all_calls(report, version)
    expected = {"status": "ok", "error": "", "user": APP, "current_user": APP, "current_database": inventory.DATABASE,
                "sslmode": "verify-full", "tls": "1", "gssencmode": "disable", "sigchld": "0", "children": "0"}
    for name, values in seen.items():
        assert {key: values.get(key) for key in expected} == expected, name
    assert len(assert_safe_logins(lakebase)) == len(seen)


@pytest.mark.parametrize("version", MODERN)
def test_the_first_is_begun_while_its_token_is_fetched(report: Report, lakebase: LocalLakebase, version: int) -> None:
    """On the very connection that then logs in: this libpq's takes the token."""
    lakebase.set(api_latency_ms=300)
    assert report(version, *CALLS["connectdb"])["status"] == "ok"
    ended = time.time()
    (login,) = lakebase.connections()
    # Two calls, one after the other.
    assert ended - login["time"] > 0.5


def no_sni(version: int) -> str:
    return (f"this program's libpq (version {version}) does not send the server name (SNI) that Lakebase needs; "
            "use libpq 14 or newer\\n")


@pytest.mark.parametrize("version", OLD)
def test_without_sni_one_clear_sentence(report: Report, lakebase: LocalLakebase, version: int) -> None:
    for name, values in all_calls(report, version).items():
        error = values["error"]
        assert values["status"] == "bad", name
        assert error.startswith("pglakebase: no token for the ") and error.endswith(": " + no_sni(version)), (name, error)
        assert error.count("\\n") == 1 and values["needs_password"] == "0", name
    assert_nothing_sent(lakebase)
    assert lakebase.connections() == []


@pytest.mark.parametrize("version", ALL)
def test_native_and_plain_are_untouched(report: Report, lakebase: LocalLakebase, version: int) -> None:
    """A native password, and PostgreSQL that is no Lakebase: the same with the library as with it switched off."""
    native = ["hostaddr=127.0.0.1", "user=native_user", "password=" + lakebase.passwords["native_user"],
              "sslmode=require", "dbname=" + inventory.DATABASE]
    by_address = [f"host={lakebase.hosts['provisioned']}", f"port={lakebase.ports['provisioned']}"]
    plain = ["host=127.0.0.1", f"port={lakebase.ports['plain']}", "dbname=postgres", "user=plain_user"]
    calls = [
        ["params", "0", *native, *by_address],
        ["start-params", "0", *native, *by_address],
        ["params", "0", *native, *by_address, "password=wrong"],
        ["params", "0", *plain, "password=" + lakebase.passwords["plain_user"]],
        ["connectdb", " ".join([*plain, "password=" + lakebase.passwords["plain_user"]])],
        ["--reset", "start", " ".join([*plain, "password=" + lakebase.passwords["plain_user"]])],
        ["--reset-start", "params", "0", *plain, "password=" + lakebase.passwords["plain_user"]],
        ["params", "0", *plain, "password=wrong"],
        ["params", "0", "host=127.0.0.1", "port=1"],
    ]

    def with_and_without(argv: list[str]) -> list[Values]:
        both = [report(version, argv, {}), report(version, argv, {"PGLAKEBASE": "off"})]
        for values in both:
            values.pop("connect_ms")
        return both

    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(with_and_without, calls))
    for argv, (ours, plainly) in zip(calls, seen, strict=True):
        assert ours == plainly, argv
    assert [ours.get("current_user") for ours, _ in seen[:2]] == ["native_user"] * 2
    assert [ours["status"] for ours, _ in seen] == ["ok", "ok", "bad", "ok", "ok", "ok", "ok", "bad", "bad"]


@contextmanager
def named_sessions(client: Client, probes: Path, versions: list[int]) -> Iterator[list[Session]]:
    with sessions(probes / "session_probe", [client.environment(env=with_libpq(client, version)) for version in versions]) as running:
        yield running


def is_ours(values: Values) -> bool:
    return (values["status"], values.get("current_user"), values["error"]) == ("ok", APP, "")


def test_resets_after_the_token_s_end(named: Client, lakebase: LocalLakebase, probes: Path) -> None:
    """First revoked, so that the cached one is refused, too; then expired."""
    kinds = list(product(MODERN, ("connectdb", "start"), ("reset", "reset-start")))
    with named_sessions(named, probes, [version for version, _, _ in kinds]) as running:

        def all_say(lines: list[str]) -> list[Values]:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                said = list(pool.map(Session.say, running, lines))
            for kind, values in zip(kinds, said, strict=True):
                assert is_ours(values), (kind, values)
            return said

        first = all_say([f"{way} service=orders" for _, way, _ in kinds])
        lakebase.set_token_lifetime(5)
        lakebase.revoke_all()
        revoked = all_say([reset for _, _, reset in kinds])
        assert {values["password_sha256"] for values in first}.isdisjoint(v["password_sha256"] for v in revoked)
        time.sleep(6.2)
        all_say([reset for _, _, reset in kinds])
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("version", MODERN)
def test_a_cached_token_that_is_refused_is_replaced(report: Report, lakebase: LocalLakebase, version: int) -> None:
    for argv in (["connectdb", "service=orders"], ["start", "service=orders"], ["params", "0", "service=orders"],
                 ["start-params", "0", "service=orders"], ["login", *["NULL"] * 4, "service=orders", "NULL", "NULL"]):
        report(version, ["connectdb", "service=orders"], {})
        lakebase.revoke_all()
        lakebase.forget()
        values = report(version, argv, {})
        assert is_ours(values), (argv, values)
        assert len(assert_safe_logins(lakebase)) == 2


def test_resetting_what_was_refused(named: Client, lakebase: LocalLakebase, probes: Path) -> None:
    with named_sessions(named, probes, OLD) as running:
        for version, session, way in zip(OLD * 2, running * 2, ["connectdb"] * len(OLD) + ["start"] * len(OLD), strict=True):
            said = session.say(f"{way} service=orders")
            for again in ("reset", "reset-start", "reset", "finish"):
                assert (said["status"], said["error"].endswith(no_sni(version))) == ("bad", True), said
                said = session.say(again)
    assert lakebase.connections() == []


@pytest.mark.skipif(os.getuid() != 0, reason="needs a passwd file of its own")
@pytest.mark.parametrize("version", [libpqs.FIRST_WITH_HOME - 1, libpqs.FIRST_WITH_HOME])
def test_the_home_is_libpq_s(client: Client, lakebase: LocalLakebase, probes: Path, tmp_path: Path, version: int) -> None:
    """HOME and the passwd entry name different homes; settings and roots count in the one that libpq goes by."""
    passwd_home = tmp_path / "passwd-home"
    passwd_home.mkdir(mode=0o700)
    own = passwd_home if version < libpqs.FIRST_WITH_HOME else client.home
    other = client.home if own == passwd_home else passwd_home
    client.service("orders", "profile=DEMO", file=own / ".pg_service.conf")
    client.service("orders", "profile=SECOND", file=other / ".pg_service.conf")
    (other / ".postgresql").mkdir()
    (other / ".postgresql" / "root.crt").write_text("not even a certificate")
    passwd = tmp_path / "passwd"
    passwd.write_text(f"root:x:0:0::{passwd_home}:/bin/sh\n")
    own_passwd = ["unshare", "--mount", "sh", "-c", f'mount --bind {passwd} /etc/passwd && exec "$@"', "sh"]
    for sslmode in ("", " sslmode=verify-full"):
        values = client.run(probes / "connect_probe", "connectdb", "service=orders" + sslmode, prefix=own_passwd,
                            env={"LD_LIBRARY_PATH": str(libpqs.library_path(version))}).ok().values
        assert is_ours(values), values
