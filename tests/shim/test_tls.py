"""A token goes over TLS to a server that proved who it is, or nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client, Outcome
from support.gateway_log import assert_nothing_sent, assert_safe_logins
from support.stub import Stub

APP = inventory.APP.name
WEAK = ("allow", "prefer", "require", "verify-ca")
BAD_CERTIFICATES = ("wrong-host", "expired", "untrusted", "self-signed")


@pytest.fixture
def orders(stubbed: Client) -> Client:
    """A service with nothing said about TLS; libpq has no root file of the user's."""
    stubbed.service("orders", "profile=DEMO")
    return stubbed


def refused(done: Outcome, *words: str) -> None:
    assert done.code == 2
    for word in words:
        assert word in done.error, done.error


# How the mode is asked for: in the call, by the environment, in the section.
def ask(client: Client, how: str, mode: str, port: str = "gateway") -> Outcome:
    client.service("asked", "profile=DEMO", port=port, **({"sslmode": mode} if how == "section" else {}))
    conninfo = "service=asked" + (f" sslmode={mode}" if how == "call" else "")
    return client.psql(conninfo, "-w", env={"PGSSLMODE": mode} if how == "environment" else None)


HOW = ("call", "environment", "section")


@pytest.mark.parametrize("how", HOW)
def test_disable_is_refused(stubbed: Client, stub: Stub, lakebase: LocalLakebase, how: str) -> None:
    lakebase.set(ask_password_in_plaintext=True)
    refused(ask(stubbed, how, "disable"), "sslmode=disable", "remove it")
    assert lakebase.connections() == []
    # Refused before anybody is asked for a token.
    assert stub.runs() == []


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("mode", WEAK)
def test_weak_modes_are_raised(stubbed: Client, lakebase: LocalLakebase, how: str, mode: str) -> None:
    assert ask(stubbed, how, mode).ok().text == APP
    assert_safe_logins(lakebase)
    lakebase.forget()
    lakebase.use_certificate("wrong-host", "gateway")
    refused(ask(stubbed, how, mode), "does not match host name")
    assert_nothing_sent(lakebase)


@pytest.mark.parametrize("certificate", BAD_CERTIFICATES)
@pytest.mark.parametrize("mode", ["", *WEAK, "verify-full"])
def test_bad_certificates(orders: Client, lakebase: LocalLakebase, certificate: str, mode: str) -> None:
    """By the host's own name, with hostaddr leading elsewhere: the odd listener."""
    lakebase.use_certificate(certificate)
    said = f" sslmode={mode}" if mode else ""
    done = orders.psql(f"service=orders port={lakebase.ports['odd']}{said}", "-w")
    refused(done, "certificate")
    # Once while the token was fetched, and once with it at hand.
    assert [c["listener"] for c in lakebase.connections()] in (["odd"], ["odd", "odd"])
    assert_nothing_sent(lakebase)


@pytest.mark.parametrize("mode", ["", "allow", "prefer"])
def test_no_second_try_in_clear_text(orders: Client, lakebase: LocalLakebase, mode: str) -> None:
    """libpq's own "prefer" sends the password again without TLS when the login over TLS failed."""
    lakebase.set(ask_password_in_plaintext=True)
    # Else the connection that drops would be tried again, as one to an endpoint that wakes up.
    orders.env["PGLAKEBASE_WAKE_TIMEOUT"] = "0"
    said = f" sslmode={mode}" if mode else ""
    for fault in ("reject", "drop"):
        lakebase.fault("gateway", fault, **({"stage": "password"} if fault == "drop" else {}))
        assert orders.psql(f"service=orders{said}", "-w").code == 2
        lakebase.clear_faults()
    assert all(c["tls"] for c in assert_safe_logins(lakebase))
    assert len(lakebase.connections()) == len(assert_safe_logins(lakebase))


def test_the_gateway_would_catch_it(stubbed: Client, lakebase: LocalLakebase) -> None:
    """The same without us: libpq does send it, and the log shows it."""
    lakebase.set(ask_password_in_plaintext=True)
    lakebase.fault("gateway", "reject")
    stubbed.psql(stubbed.direct(user="x") + " sslmode=prefer", "-w", preload=False, env={"PGPASSWORD": "word"})
    assert [c["password_over_tls"] for c in lakebase.connections()] == [True, False]


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_gssencmode_is_off(orders: Client, probes: Path, lakebase: LocalLakebase, mode: str) -> None:
    """GSS encryption would take the place of TLS."""
    if mode == "require":
        mode = "prefer"
        orders.env["PGGSSENCMODE"] = "require"
    values = orders.run(probes / "connect_probe", "connectdb", f"service=orders gssencmode={mode}").ok().values
    assert (values["status"], values["gssencmode"], values["sslmode"]) == ("ok", "disable", "verify-full")
    assert_safe_logins(lakebase)


def root_file(client: Client, lakebase: LocalLakebase, name: str = "own.pem") -> Path:
    file = client.home / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(lakebase.ca_file.read_bytes())
    return file


@pytest.mark.parametrize("mode", ["", "require", "verify-ca", "verify-full"])
@pytest.mark.parametrize("how", ["call", "environment", "default file"])
def test_own_roots_are_honoured(orders: Client, probes: Path, lakebase: LocalLakebase, mode: str, how: str) -> None:
    """The system's roots do not vouch for the gateway here; the user's own do."""
    orders.env["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
    file = root_file(orders, lakebase, ".postgresql/root.crt" if how == "default file" else "own.pem")
    said = f" sslmode={mode}" if mode else ""
    said += f" sslrootcert={file}" if how == "call" else ""
    env = {"PGSSLROOTCERT": str(file)} if how == "environment" else None
    values = orders.run(probes / "connect_probe", "connectdb", "service=orders" + said, env=env).ok().values
    if how == "default file" and mode in ("", "require"):
        # Asked for no verification, nobody chose that file for it.
        assert values["status"] == "bad"
        assert_nothing_sent(lakebase)
        return
    assert (values["status"], values["error"]) == ("ok", "")
    # Whoever names a root and verify-ca trusts that authority with all of its names.
    assert values["sslmode"] == ("verify-ca" if mode == "verify-ca" else "verify-full")


@pytest.mark.parametrize("root", ["the bundle", "a link to it", "a copy", "one of its authorities", "one in other lines", "many authorities"])
@pytest.mark.parametrize("how", ["call", "environment", "default file"])
def test_public_authority_is_no_root_of_one_s_own(orders: Client, tmp_path: Path, lakebase: LocalLakebase, root: str,
                                                  how: str) -> None:
    """It vouches for everybody's servers, so that their names count."""
    authority = lakebase.ca_file.read_bytes()
    bundle = tmp_path / "bundle.crt"
    bundle.write_bytes(lakebase.other_ca_file.read_bytes() + authority)
    orders.env["SSL_CERT_FILE"] = str(bundle)
    file = orders.home / (".postgresql/root.crt" if how == "default file" else "root.pem")
    file.parent.mkdir(exist_ok=True)
    if root == "the bundle" and how != "default file":
        file = bundle
    elif root in ("the bundle", "a link to it"):
        file.symlink_to(bundle)
    elif root == "a copy":
        file.write_bytes(bundle.read_bytes())
    elif root == "one of its authorities":
        file.write_bytes(b"# Of the gateway\r\n" + authority.replace(b"\n", b"\r\n"))
    elif root == "one in other lines":
        head, *body, foot = authority.decode().strip().splitlines()
        digits = "".join(body)
        file.write_text("\n".join([head, *(digits[at:at + 48] for at in range(0, len(digits), 48)), foot]) + "\n")
    else:
        bundle.write_bytes(lakebase.other_ca_file.read_bytes())
        file.write_bytes(authority + b"# Others\n" * 2000)
    lakebase.use_certificate("wrong-host", "gateway")
    said = f" sslrootcert={file}" if how == "call" else ""
    env = {"PGSSLROOTCERT": str(file)} if how == "environment" else None
    refused(orders.psql(f"service=orders sslmode=verify-ca{said}", "-w", env=env), "does not match host name")
    assert_nothing_sent(lakebase)


def test_own_root_that_does_not_vouch(orders: Client, lakebase: LocalLakebase) -> None:
    refused(orders.psql("service=orders sslrootcert=/etc/ssl/certs/ca-certificates.crt", "-w"), "certificate")
    refused(orders.psql("service=orders sslrootcert=/nonexistent", "-w"), "/nonexistent")
    assert_nothing_sent(lakebase)


def test_verify_ca_without_a_root_is_raised(orders: Client, lakebase: LocalLakebase) -> None:
    lakebase.use_certificate("wrong-host", "gateway")
    refused(orders.psql("service=orders sslmode=verify-ca", "-w"), "does not match host name")
    assert_nothing_sent(lakebase)


def test_sslrootcert_system_is_the_caller_s_own_word(orders: Client, lakebase: LocalLakebase) -> None:
    """Before 16, libpq takes "system" for a file's name: it fails, and nothing is sent."""
    refused(orders.psql("service=orders sslrootcert=system", "-w"), "system")
    assert_nothing_sent(lakebase)


def test_no_roots_at_all(orders: Client, tmp_path: Path, lakebase: LocalLakebase) -> None:
    """Every usual bundle out of sight, in a mount namespace."""
    del orders.env["SSL_CERT_FILE"]
    hide = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /etc/ssl && exec \"$@\"", "sh"]
    argv = ["/usr/lib/postgresql/15/bin/psql", "-XAtw", "-d", "service=orders", "-c", "select 1"]
    refused(orders.run(*argv, prefix=hide), "ca-certificates", "SSL_CERT_FILE")
    assert lakebase.connections() == []


@pytest.mark.parametrize("mode", ["", "allow", "prefer", "require"])
def test_tls_require_directive_opts_out(stubbed: Client, lakebase: LocalLakebase, tmp_path: Path, mode: str) -> None:
    """And says so in the log. Still never without TLS."""
    log = tmp_path / "log"
    stubbed.env["PGLAKEBASE_LOG"] = str(log)
    stubbed.service("lax", "profile=DEMO", "tls=require", port="odd")
    lakebase.use_certificate("self-signed")
    lakebase.set(ask_password_in_plaintext=True)
    said = f" sslmode={mode}" if mode else ""
    assert stubbed.psql(f"service=lax{said}", "-w").ok().text == APP
    lakebase.fault("gateway", "reject")
    assert stubbed.psql(f"service=lax{said}", "-w").code == 2
    assert_safe_logins(lakebase)
    assert all(c["tls"] for c in lakebase.connections())
    assert log.read_text().count("tls=require") == 2
    assert lakebase.hosts["demo"] in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    refused(stubbed.psql("service=lax sslmode=disable", "-w"), "sslmode=disable")


def test_tls_require_does_not_weaken_what_is_asked(stubbed: Client, lakebase: LocalLakebase) -> None:
    stubbed.service("lax", "profile=DEMO", "tls=require", port="odd", sslrootcert=str(lakebase.ca_file))
    lakebase.use_certificate("wrong-host")
    refused(stubbed.psql("service=lax sslmode=verify-full", "-w"), "does not match host name")
    assert_nothing_sent(lakebase)
