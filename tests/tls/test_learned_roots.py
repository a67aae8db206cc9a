"""The few roots that are used in place of the system's bundle: when, and never more than the bundle says."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from support import libpqs
from support.client import Client
from support.gateway_log import assert_nothing_sent, assert_safe_logins
from support.roots import SERVICE, Roots
from support.waiting import wait_until

VERIFY_FAILED = "certificate verify failed"
HOUR_MS = 3_600_000
# Connects without blocking, by psycopg2 (PQconnectStart and PQconnectPoll), and says what stands in the connection.
POLLED = """
import select, sys, psycopg2
from psycopg2 import extensions
try:
    connection = psycopg2.connect(sys.argv[1], async_=1)
    while (state := connection.poll()) != extensions.POLL_OK:
        if state == extensions.POLL_READ:
            select.select([connection.fileno()], [], [])
        else:
            select.select([], [connection.fileno()], [])
except psycopg2.OperationalError as error:
    sys.exit(str(error))
print(connection.get_dsn_parameters().get("sslrootcert"))
"""


def polled(roots: Roots, conninfo: str = "service=orders"):
    return roots.client.run("/usr/bin/python3", "-c", POLLED, conninfo)


def now_ms() -> int:
    return int(time.time() * 1000)


def pem_of(file: Path) -> bytes:
    content = file.read_bytes()
    return content[content.index(b"-----BEGIN"):]


def test_learned_behind_the_first_login_and_used_by_the_second(roots: Roots, tmp_path: Path) -> None:
    assert roots.psql_opens(tmp_path / "first") == ["bundle"]
    assert wait_until(roots.files)
    assert len(roots.learners()) == 1
    assert roots.learners()[0]["sni"] == roots.lakebase.hosts["demo"]
    (file,) = roots.files()
    assert pem_of(file) == roots.lakebase.ca_file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600

    for number in range(3):
        assert roots.psql_opens(tmp_path / f"later-{number}") == ["learned"]
    assert len(roots.learners()) == 1
    assert len(assert_safe_logins(roots.lakebase)) == 4


def test_polled_login_uses_it_too_and_leaves_the_bundle_in_the_connection(roots: Roots) -> None:
    roots.learn()
    done = polled(roots).ok()
    assert done.text == str(roots.bundle)
    # Not taken by a login that has to be repeated.
    assert len(roots.files()) == 1
    assert len(roots.lakebase.connections()) == 1


@pytest.mark.parametrize("api", ["up", "down"])
def test_a_connection_that_is_begun_before_its_token_is_there(roots: Roots, build: Path, tmp_path: Path, api: str) -> None:
    """It uses the learned roots; in what fails for want of a token stands the bundle, whenever it is reset."""
    roots.learn()
    for file in roots.client.cache.iterdir():
        if not file.name.startswith(("roots-", "key")):
            file.unlink()
    if api == "down":
        roots.lakebase.fault("api", "status", "*", status=503)
    trace = tmp_path / "trace"
    values = roots.client.run(build / "tests/shim/probes/connect_probe", "connectdb", "service=orders connect_timeout=5",
                              prefix=("strace", "-qq", "-e", "trace=openat,open", "-o", str(trace))).ok().values
    assert values["status"] == ("ok" if api == "up" else "bad"), values
    assert values["sslrootcert"] == str(roots.bundle)
    assert roots.opened(trace) == ["learned"]
    assert len(roots.lakebase.connections()) == 1


@pytest.mark.parametrize("version", range(libpqs.FIRST_WITH_SNI, libpqs.VERSIONS.stop))
def test_every_libpq_uses_it_and_can_go_back_to_the_bundle(roots: Roots, tmp_path: Path, version: int) -> None:
    libpqs.install()
    roots.learn()
    roots.client.env |= {"LD_LIBRARY_PATH": str(libpqs.library_path(version)),
                         "PGSERVICEFILE": str(roots.client.home / ".pg_service.conf")}
    assert roots.psql_opens(tmp_path / "trace") == ["learned"]
    assert polled(roots).ok().text == str(roots.bundle)
    assert len(roots.lakebase.connections()) == 2
    roots.lakebase.use_certificate("other-root", "gateway")
    assert polled(roots).ok().text == str(roots.bundle)
    assert len(roots.lakebase.connections()) == 4
    assert roots.files() == []


def test_fifty_processes_learn_once(roots: Roots) -> None:
    bundle = roots.client.env["SSL_CERT_FILE"]
    roots.client.env["SSL_CERT_FILE"] = str(roots.lakebase.ca_file)
    roots.psql().ok()
    roots.client.env["SSL_CERT_FILE"] = bundle
    roots.lakebase.set(login_latency_ms=300)
    running = [roots.client.start("/usr/lib/postgresql/15/bin/psql", "-XAt", "-d", "service=orders", "-c", "select 1")
               for _ in range(50)]
    assert [process.communicate(timeout=120)[1] for process in running] == [b""] * 50
    assert wait_until(roots.files)
    assert len(roots.learners()) == 1


def test_small_bundle_is_left_alone(roots: Roots) -> None:
    roots.client.env["SSL_CERT_FILE"] = str(roots.lakebase.ca_file)
    for _ in range(2):
        roots.psql().ok()
    time.sleep(0.5)
    assert roots.files() == roots.files("learning") == roots.learners() == []


@pytest.mark.parametrize("conninfo", ["sslrootcert={bundle}", "sslrootcert={bundle} sslmode=verify-ca"])
def test_own_root_file_is_left_alone(roots: Roots, tmp_path: Path, conninfo: str) -> None:
    conninfo = "service=orders " + conninfo.format(bundle=roots.bundle)
    roots.psql(conninfo).ok()
    time.sleep(0.5)
    assert roots.files() == roots.learners() == []
    roots.learn()
    assert roots.psql_opens(tmp_path / "trace", conninfo) == ["bundle"]


def test_unverified_by_choice_learns_nothing(roots: Roots) -> None:
    roots.client.service("lax", *SERVICE, "tls=require")
    roots.psql("service=lax").ok()
    time.sleep(0.5)
    assert roots.files() == roots.learners() == []


@pytest.mark.parametrize("login", [Roots.psql, polled])
def test_servers_root_changes(roots: Roots, tmp_path: Path, login) -> None:
    file = roots.learn()
    roots.lakebase.use_certificate("other-root", "gateway")
    login(roots).ok()
    assert len(assert_safe_logins(roots.lakebase)) == 1
    assert not file.exists()
    # An hour must pass before the new one is learned.
    assert roots.psql_opens(tmp_path / "trace") == ["bundle"]
    assert roots.learners() == []
    for claim in roots.files("learning"):
        claim.write_bytes(b"pglakebase=1\nkind=learning\nsince_ms=%d\nend=1\n" % (now_ms() - HOUR_MS - 1))
    assert roots.learn() == file
    assert pem_of(file) == roots.lakebase.other_ca_file.read_bytes()
    assert roots.psql_opens(tmp_path / "trace") == ["learned"]


@pytest.mark.parametrize("login", [Roots.psql, polled])
@pytest.mark.parametrize("kind", ["untrusted", "self-signed", "expired"])
def test_stranger_in_the_middle(roots: Roots, login, kind: str) -> None:
    roots.learn()
    roots.lakebase.use_certificate(kind, "gateway")
    done = login(roots)
    assert done.code != 0 and VERIFY_FAILED in done.error
    assert_nothing_sent(roots.lakebase)
    # With the learned root, then with all.
    assert len(roots.lakebase.connections()) == 2
    assert roots.files() == []


def test_stranger_with_a_known_root_and_another_name(roots: Roots) -> None:
    roots.learn()
    roots.lakebase.use_certificate("wrong-host", "gateway")
    done = roots.psql()
    assert done.code != 0 and "does not match host name" in done.error
    assert_nothing_sent(roots.lakebase)
    assert len(roots.lakebase.connections()) == len(roots.files()) == 1


def test_root_that_left_the_bundle_is_trusted_no_more(roots: Roots) -> None:
    roots.learn()
    roots.write_bundle(roots.lakebase.other_ca_file)
    done = roots.psql()
    assert done.code != 0 and VERIFY_FAILED in done.error
    assert_nothing_sent(roots.lakebase)


def test_changed_bundle_is_learned_from_anew(roots: Roots, tmp_path: Path) -> None:
    old = roots.learn()
    roots.write_bundle(roots.lakebase.ca_file)
    assert roots.psql_opens(tmp_path / "trace") == ["bundle"]
    assert wait_until(lambda: len(roots.files()) == 2)
    assert old in roots.files()
    assert roots.psql_opens(tmp_path / "trace") == ["learned"]


def damages(roots: Roots, file: Path) -> dict[str, bytes]:
    good = file.read_bytes()
    other = b"B" if good[-60:-59] == b"A" else b"A"
    stranger = roots.lakebase.other_ca_file.read_bytes()
    return {
        "empty": b"", "garbage": b"\x00\xff" * 900, "cut": good[:-40], "bit": good[:-60] + other + good[-59:],
        "more": good + stranger, "other": good[:good.index(b"-----BEGIN")] + stranger, "bare": pem_of(file),
    }


@pytest.mark.parametrize("damage", ["empty", "garbage", "cut", "bit", "more", "other", "bare"])
def test_damaged_file_is_not_used(roots: Roots, tmp_path: Path, damage: str) -> None:
    file = roots.learn()
    file.write_bytes(damages(roots, file)[damage])
    assert roots.psql_opens(tmp_path / "trace") == ["bundle"]
    roots.lakebase.use_certificate("untrusted", "gateway")
    roots.lakebase.forget()
    assert roots.psql().code != 0
    assert_nothing_sent(roots.lakebase)


@pytest.mark.parametrize("spoil", ["mode", "symlink", "hard link", "directory"])
def test_unsafe_file_is_not_used(roots: Roots, tmp_path: Path, spoil: str) -> None:
    file = roots.learn()
    aside = tmp_path / "aside"
    if spoil == "mode":
        file.chmod(0o644)
    elif spoil == "hard link":
        aside.hardlink_to(file)
    else:
        file.rename(aside)
        file.symlink_to(aside) if spoil == "symlink" else file.mkdir()
    assert roots.psql_opens(tmp_path / "trace") == ["bundle"]


@pytest.mark.parametrize("age_ms, used", [(0, True), (23 * HOUR_MS, True), (24 * HOUR_MS, False), (-HOUR_MS, False)])
def test_a_day_at_most(roots: Roots, tmp_path: Path, age_ms: int, used: bool) -> None:
    file = roots.learn()
    roots.forge(file, now_ms() - age_ms, pem_of(file))
    assert roots.psql_opens(tmp_path / "trace") == ["learned" if used else "bundle"]


def test_file_that_goes_meanwhile_or_cannot_be_read(roots: Roots) -> None:
    """Whole for us, and no certificate for OpenSSL: as good as gone."""
    file = roots.learn()
    roots.forge(file, now_ms(), b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    roots.psql().ok()
    assert not file.exists()


@pytest.mark.parametrize("trusts_both", [True, False])
def test_cross_signed_root(roots: Roots, tmp_path: Path, trusts_both: bool) -> None:
    lakebase = roots.lakebase
    lakebase.use_certificate("cross-signed", "gateway")
    roots.write_bundle(lakebase.ca_file, *([lakebase.other_ca_file] if trusts_both else []))
    file = roots.learn()
    assert pem_of(file) == (lakebase.other_ca_file if trusts_both else lakebase.ca_file).read_bytes()
    assert roots.psql_opens(tmp_path / "trace") == ["learned"]
    assert len(lakebase.connections()) == 1


def test_list_of_hosts_has_the_roots_of_all(roots: Roots, tmp_path: Path) -> None:
    lakebase = roots.lakebase
    lakebase.use_certificate("other-root", "odd")
    roots.two_hosts("both")
    file = roots.learn("service=both")
    assert pem_of(file).count(b"-----BEGIN") == 2
    assert roots.psql_opens(tmp_path / "trace", "service=both") == ["learned"]
    # The first host is preferred, though it alone is vouched for by another root now.
    roots.forge(file, now_ms(), lakebase.other_ca_file.read_bytes())
    lakebase.forget()
    roots.psql("service=both").ok()
    (login,) = assert_safe_logins(lakebase, None)
    assert login["sni"] == lakebase.hosts["demo"]
    assert not file.exists()


def test_list_of_hosts_of_which_one_cannot_be_learned(roots: Roots) -> None:
    lakebase = roots.lakebase
    lakebase.use_certificate("untrusted", "odd")
    roots.two_hosts("both")
    roots.psql("service=both").ok()
    assert wait_until(lambda: len([c for c in lakebase.connections() if c["listener"] == "odd"]) == 1)
    time.sleep(0.3)
    assert roots.files() == []


def test_failed_learning_is_not_repeated_within_the_hour(roots: Roots, tmp_path: Path) -> None:
    lakebase = roots.lakebase
    lakebase.fault("gateway", "drop", "gateway", stage="tls", after=1, times=1)
    roots.psql().ok()
    assert wait_until(lambda: roots.files("learning") and len(lakebase.connections()) >= 2)
    time.sleep(0.5)
    assert roots.files() == []
    roots.forget_gateway()
    for _ in range(3):
        assert roots.psql_opens(tmp_path / "trace") == ["bundle"]
    time.sleep(0.5)
    assert roots.files() == roots.learners() == []


def test_nothing_is_learned_from_a_login_that_failed(roots: Roots) -> None:
    roots.lakebase.fault("gateway", "reject", "demo", message="no", sqlstate="53300")
    assert roots.psql().code != 0
    time.sleep(0.5)
    assert roots.files() == roots.files("learning") == roots.learners() == []


def test_without_a_cache_the_bundle_serves(roots: Roots, client: Client) -> None:
    client.env["PGLAKEBASE_CACHE_DIR"] = "/proc/none"
    for _ in range(2):
        roots.psql().ok()
    time.sleep(0.3)
    assert roots.learners() == []
