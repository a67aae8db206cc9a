"""The library on aarch64: what the built file needs, and every entry point, under qemu-user."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import aarch64
from support.build import ROOT, helper
from support.calls import CALLS
from support.client import Client, Outcome
from support.gateway_log import assert_safe_logins

sys.path.insert(0, str(ROOT / "scripts"))
import check_library  # noqa: E402

pytestmark = pytest.mark.full
APP = inventory.APP.name


class Emulated:
    """Programs of that processor; the helper beside the library is this machine's, which qemu has the kernel start."""

    def __init__(self, client: Client, build: Path, directory: Path) -> None:
        self.client = client
        self.library = directory / "shim" / "libpglakebase.so"
        for file, source in ((self.library, aarch64.library()), (directory / "cli" / helper(build).name, helper(build))):
            file.parent.mkdir(parents=True)
            shutil.copy(source, file)

    def run(self, *argv: str | Path, preload: bool = True, **env: str) -> Outcome:
        emulator = [aarch64.QEMU, "-L", aarch64.root()]
        if preload:
            emulator += ["-E", f"LD_PRELOAD={self.library}"]
        return self.client.run(*emulator, *argv, preload=False, env=env)


@pytest.fixture
def emulated(client: Client, build: Path, tmp_path: Path) -> Emulated:
    client.service("orders", "endpoint=projects/shop/branches/production/endpoints/primary")
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    return Emulated(client, build, tmp_path / "aarch64")


def test_library() -> None:
    names = check_library.wrapped_names(*(ROOT / "src" / "shim").glob("*_functions.def"))
    # Pages of up to 64 KiB lie between its code and its data.
    limit = check_library.SIZE_LIMIT + 64 * 1024
    assert check_library.problems(aarch64.library(), names, limit) == []


def test_every_entry_point(emulated: Emulated, lakebase: LocalLakebase) -> None:
    """The first finds an empty cache: the helper runs."""
    places = {"host": lakebase.hosts["demo"], "port": str(lakebase.ports["gateway"])}

    def probe(call: tuple[list[str], dict[str, str]]) -> dict[str, str]:
        argv, env = call
        return emulated.run(aarch64.connect_probe(), *(word.format(**places) for word in argv), **env).ok().values

    first = probe(CALLS["connectdb"])
    with ThreadPoolExecutor(3) as pool:
        seen = [first, *pool.map(probe, CALLS.values())]
    expected = {"status": "ok", "error": "", "current_user": APP, "current_database": inventory.DATABASE,
                "sslmode": "verify-full", "tls": "1", "children": "0"}
    for name, values in zip(["cold", *CALLS], seen, strict=True):
        assert {key: values.get(key) for key in expected} == expected, name
    assert len(assert_safe_logins(lakebase)) == len(seen)


@pytest.mark.parametrize("way", ["connectdb", "start"])
@pytest.mark.parametrize("reset", ["--reset", "--reset-start"])
def test_resets(emulated: Emulated, lakebase: LocalLakebase, way: str, reset: str) -> None:
    values = emulated.run(aarch64.connect_probe(), reset, way, "service=orders").ok().values
    assert (values["status"], values["current_user"]) == ("ok", APP)


@pytest.mark.parametrize("way", ["connectdb", "start"])
def test_a_cached_token_that_is_refused_is_replaced(emulated: Emulated, lakebase: LocalLakebase, way: str) -> None:
    emulated.run(aarch64.connect_probe(), "connectdb", "service=orders").ok()
    lakebase.revoke_all()
    values = emulated.run(aarch64.connect_probe(), way, "service=orders").ok().values
    assert (values["status"], values["current_user"]) == ("ok", APP)


def test_psql(emulated: Emulated) -> None:
    psql = [aarch64.root() / "usr/lib/postgresql/15/bin/psql", "-XAt", "-c", "select current_user"]
    assert emulated.run(*psql, "service=orders").ok().text == APP
    assert emulated.run(*psql, "--version").out == emulated.run(*psql, "--version", preload=False).out


def test_plain_postgres_is_untouched(emulated: Emulated, lakebase: LocalLakebase) -> None:
    plain = ["params", "0", "host=127.0.0.1", f"port={lakebase.ports['plain']}", "dbname=postgres", "user=plain_user"]
    for password in (lakebase.passwords["plain_user"], "wrong"):
        both = [emulated.run(aarch64.connect_probe(), *plain, "password=" + password, preload=preload).ok().values
                for preload in (True, False)]
        for values in both:
            values.pop("connect_ms")
        assert both[0] == both[1]
