"""libpq as others build and ship it: several in one process under odd names, and bound to itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import libpqs
from support.build import ROOT
from support.client import Client
from support.gateway_log import assert_safe_logins
from support.session import sessions

APP = inventory.APP.name
PROBES = ROOT / "tests" / "shim" / "probes"


@pytest.fixture(autouse=True)
def installed() -> None:
    libpqs.install()


@pytest.fixture
def named(client: Client) -> Client:
    client.service("orders", "profile=DEMO")
    return client


def compile(*words: object) -> None:
    subprocess.run(["gcc", "-fPIC", "-w", "-I/usr/include/postgresql", *map(str, words)], check=True)


def renamed_libpq(version: int, directory: Path) -> Path:
    """As a Python wheel has it: under a name of its own, which also stands inside the file."""
    name = f"libpq-{version:04x}"
    original = b"libpq.so.5\0"
    assert len(name) + 1 == len(original)
    content = (libpqs.library_path(version) / "libpq.so.5").read_bytes()
    assert content.count(original) == 1
    copy = directory / name
    copy.write_bytes(content.replace(original, name.encode() + b"\0"))
    return copy


def plugin(version: int, directory: Path) -> Path:
    made = directory / f"plugin{version}.so"
    search = f"-Wl,-rpath,{directory},-rpath-link,{libpqs.library_path(version)}"
    compile("-shared", "-o", made, PROBES / "session_plugin.c", renamed_libpq(version, directory), search)
    # The copy finds its own libraries beside itself.
    for library in libpqs.library_path(version).glob("lib*.so.*"):
        link = directory / library.name
        if not library.name.startswith("libpq.so") and not link.exists():
            link.symlink_to(library)
    return made


@pytest.mark.parametrize("linked", [False, True], ids=["alone", "program has one, too"])
def test_several_libpqs_in_one_process(named: Client, lakebase: LocalLakebase, tmp_path: Path, linked: bool) -> None:
    """Each plugin's calls reach its own libpq: 13 refuses, 15 to 18 connect, also after a reset with a new token.

    Where the program has a libpq, that one is everybody's: so the dynamic linker has it without us, too.
    """
    host = tmp_path / "host"
    needs_libpq = ["-Wl,--no-as-needed", "-lpq"] if linked else []
    compile("-no-pie", "-o", host, PROBES / "session_host.c", *needs_libpq)
    plugins = [plugin(version, tmp_path) for version in (18, 13, 15, 17)]
    environment = named.environment(env={"PGSERVICEFILE": str(named.home / ".pg_service.conf")})
    with subprocess.Popen([host, *plugins], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None and process.stdout is not None

        def say(line: str) -> list[str]:
            process.stdin.write(line.encode() + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            answers: list[str] = []
            while len(answers) < len(plugins):
                answer = process.stdout.readline().decode()  # type: ignore[union-attr]
                assert answer, answers
                answers += [answer.strip()] if answer.strip() else []
            return answers

        refused = ('13 pglakebase: no token for the service "orders": this program\'s libpq (version 13) does not send '
                   "the server name (SNI) that Lakebase needs; use libpq 14 or newer")
        expected = [f"15 {APP}"] * 4 if linked else [f"18 {APP}", refused, f"15 {APP}", f"17 {APP}"]
        assert say("service=orders") == expected
        assert say("") == expected
        lakebase.revoke_all()
        assert say("reset") == expected
        assert say("service=orders") == expected
        process.stdin.close()
        assert process.wait(20) == 0
    assert_safe_logins(lakebase)


def static_into_shared(version: int, made: Path, archive: Path, *words: object) -> str:
    """A libpq.so.5 of our own making, and where to find it and what it needs."""
    path = libpqs.library_path(version)
    _, *others = libpqs.static_library(version)
    compile("-shared", "-o", made, "-Wl,-soname,libpq.so.5", *words, "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive",
            *others, path / "libssl.so.1.1", path / "libcrypto.so.1.1", "-lm", "-lpthread")
    return f"{made.parent}:{path}"


# Nobody knows where such a libpq keeps the password.
COPYING = """
#include <string.h>
char *its_own_PQpass(const void *connection);
char *PQpass(const void *connection) {
  static char copy[8192];
  char *password = its_own_PQpass(connection);
  return password != NULL ? strncpy(copy, password, sizeof copy - 1) : NULL;
}
"""


def test_a_libpq_that_is_not_known_keeps_its_password(named: Client, lakebase: LocalLakebase, probes: Path, tmp_path: Path) -> None:
    """A refused reset is what it would be without us, and the log says why."""
    archive, source, log, own = tmp_path / "libpq.a", tmp_path / "copying.c", tmp_path / "log", tmp_path / "lib"
    own.mkdir()
    subprocess.run(["objcopy", "--redefine-sym", "PQpass=its_own_PQpass", libpqs.static_library(15)[0], archive], check=True)
    source.write_text(COPYING)
    env = {"LD_LIBRARY_PATH": static_into_shared(15, own / "libpq.so.5", archive, source),
           "PGSERVICEFILE": str(named.home / ".pg_service.conf"), "PGLAKEBASE_LOG": str(log)}
    with sessions(probes / "session_probe", [named.environment(env=env)]) as [session]:
        assert session.say("connectdb service=orders")["status"] == "ok"
        assert not log.exists()
        lakebase.revoke_all()
        values = session.say("reset")
        assert values["status"] == "bad" and "pglakebase: " in values["error"], values
        assert "the password of a living connection could not be renewed: unknown libpq build" in log.read_text()
        # A new connection needs no such place.
        assert session.say("connectdb service=orders")["status"] == "ok"
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("version", [13, 15, 18])
def test_libpq_bound_to_itself(named: Client, lakebase: LocalLakebase, probes: Path, tmp_path: Path, version: int) -> None:
    """Its own calls do not come by: no function of ours is entered twice, none too few."""
    own = tmp_path / "lib"
    own.mkdir()
    found = static_into_shared(version, own / "libpq.so.5", libpqs.static_library(version)[0], "-Wl,-Bsymbolic")
    env = {"LD_LIBRARY_PATH": found, "PGSERVICEFILE": str(named.home / ".pg_service.conf")}
    for options in ([], ["--reset"], ["--reset-start"]):
        for way in ("connectdb", "start"):
            lakebase.forget()
            if version < libpqs.FIRST_WITH_SNI and options:
                continue
            values = named.run(probes / "connect_probe", *options, way, "service=orders", env=env).ok().values
            if version < libpqs.FIRST_WITH_SNI:
                assert values["error"].endswith("use libpq 14 or newer\\n"), values
                continue
            assert (values["status"], values["current_user"]) == ("ok", APP), values
            assert len(assert_safe_logins(lakebase)) == (2 if options else 1)
    if version >= libpqs.FIRST_WITH_SNI:
        lakebase.revoke_all()
        for way in ("connectdb", "start"):
            values = named.run(probes / "connect_probe", way, "service=orders", env=env).ok().values
            assert (values["status"], values.get("current_user")) == ("ok", APP), values
