"""In front of programs of Debian 11, whose glibc is older than the one that the library was built on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import libpqs
from support.build import ROOT
from support.client import Client, Outcome
from support.debian import unpacked
from support.gateway_log import assert_safe_logins

pytestmark = pytest.mark.full
PACKAGES = ["libc6", "libc6-dev", "linux-libc-dev", "libreadline8", "libtinfo6", "postgresql-client-13"]
APP = inventory.APP.name
PROBES = ROOT / "tests" / "shim" / "probes"


class OldSystem:
    def __init__(self, root: Path, client: Client) -> None:
        self.root = root
        self.libraries = [root / "lib" / "x86_64-linux-gnu", root / "usr" / "lib" / "x86_64-linux-gnu"]
        self._client = client

    def run(self, libraries: list[Path], *argv: str | Path, preload: bool = True, **env: str) -> Outcome:
        """By its own dynamic linker. The helper is started by this system's, as it would be by its own there."""
        linker = [self.libraries[0] / "ld-2.31.so", "--library-path", ":".join(map(str, [*self.libraries, *libraries]))]
        if preload:
            linker += ["--preload", self._client.preload]
        return self._client.run(*linker, *argv, preload=False, env=env)

    def compile(self, *words: object) -> None:
        command = ["gcc", f"--sysroot={self.root}", f"-B{self.libraries[1]}", "-I/usr/include/postgresql", *map(str, words)]
        subprocess.run(command, check=True)


@pytest.fixture
def old(client: Client) -> OldSystem:
    libpqs.install()
    client.service("orders", "profile=DEMO")
    client.env["PGSERVICEFILE"] = str(client.home / ".pg_service.conf")
    return OldSystem(unpacked("bullseye-amd64", "bullseye", "amd64", PACKAGES), client)


@pytest.mark.parametrize("version", [14, 15, 18])
def test_psql_connects(old: OldSystem, lakebase: LocalLakebase, version: int) -> None:
    psql = [old.root / "usr/lib/postgresql/13/bin/psql", "-XAt", "-c", "select current_user", "service=orders"]
    libraries = [libpqs.library_path(version)]
    assert old.run(libraries, *psql).ok().text == APP
    assert old.run(libraries, *psql).ok().error == ""
    lakebase.revoke_all()
    assert old.run(libraries, *psql).ok().text == APP
    assert_safe_logins(lakebase)


def test_program_that_never_connects(old: OldSystem) -> None:
    argv = [[libpqs.library_path(15)], old.root / "usr/lib/postgresql/13/bin/psql", "--version"]
    done = old.run(*argv).ok()
    assert (done.out, done.err) == (old.run(*argv, preload=False).out, b"")


@pytest.mark.parametrize("has_libdl", [False, True])
def test_program_without_dlsym(old: OldSystem, lakebase: LocalLakebase, tmp_path: Path, has_libdl: bool) -> None:
    """There dlsym() stands in libdl, which a program without plugins may not have: its libpq is found all the same."""
    libpq = tmp_path / "libpq-fake.so"
    old.compile("-shared", "-fPIC", "-o", libpq, PROBES / "fake_libpq.c")
    program = tmp_path / "linked_caller"
    libdl = ["-Wl,--no-as-needed", "-ldl"] if has_libdl else []
    old.compile("-o", program, PROBES / "caller.c", PROBES / "caller_main.c", libpq, *libdl)
    listed = old.run([], program, LD_TRACE_LOADED_OBJECTS="1").text
    assert "libpglakebase.so" in listed and ("libdl.so" in listed) == has_libdl
    said = old.run([], program, "db.example.com", lakebase.hosts["demo"]).ok().text.splitlines()
    assert len(said) > 30
    for line in said:
        assert line.endswith((": same", ": same, after a question")), line
    assert any(line.endswith("after a question") for line in said)
