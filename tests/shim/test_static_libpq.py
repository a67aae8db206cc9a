"""A libpq inside a program or a plugin, beside a dynamic one: which of the two is reached."""

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

APP = inventory.APP.name
PROBES = ROOT / "tests" / "shim" / "probes"
STATIC = 17
# It came as far as the server asking for a password.
NOT_REACHED = f'{STATIC} connection to server at "127.0.0.1", port {{port}} failed: fe_sendauth: no password supplied'
REACHED = f"{STATIC} {APP}"
DYNAMIC = f"15 {APP}"


@pytest.fixture
def named(client: Client) -> Client:
    libpqs.install()
    client.service("orders", "profile=DEMO")
    client.env["PGSERVICEFILE"] = str(client.home / ".pg_service.conf")
    return client


def compiled(made: Path, *words: object) -> Path:
    subprocess.run(["gcc", "-w", "-I/usr/include/postgresql", *map(str, words), "-o", made], check=True)
    return made


def inside() -> list[object]:
    path = libpqs.library_path(STATIC)
    return [*libpqs.static_library(STATIC), path / "libssl.so.1.1", path / "libcrypto.so.1.1", "-lm", "-lpthread"]


@pytest.fixture
def dynamic_plugin(tmp_path: Path) -> Path:
    return compiled(tmp_path / "dynamic.so", "-shared", "-fPIC", PROBES / "session_plugin.c",
                    "-Wl,--no-as-needed", "/usr/lib/x86_64-linux-gnu/libpq.so.5")


def said(client: Client, host: Path, *plugins: Path | str, preload: bool = True) -> list[str]:
    done = client.run(host, *plugins, input=b"service=orders\n", preload=preload).ok()
    return [line for line in done.text.splitlines() if line]


@pytest.mark.parametrize("options, answer", [
    pytest.param(["-Wl,--exclude-libs,ALL"], NOT_REACHED, id="kept inside"),
    pytest.param([], REACHED, id="exported"),
])
def test_in_a_plugin(named: Client, lakebase: LocalLakebase, tmp_path: Path, dynamic_plugin: Path, options: list[str], answer: str) -> None:
    """Calls go by the dynamic linker only where the plugin exports what it has inside."""
    host = compiled(tmp_path / "host", PROBES / "session_host.c", "-no-pie")
    rpath = f"-Wl,-rpath,{libpqs.library_path(STATIC)}"
    static = compiled(tmp_path / "static.so", "-shared", "-fPIC", *options, PROBES / "session_plugin.c", *inside(), rpath)
    expected = [answer.format(port=lakebase.ports["gateway"]), DYNAMIC]
    assert said(named, host, static, dynamic_plugin) == expected
    assert said(named, host, dynamic_plugin, static) == expected[::-1]
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("options, beside", [
    pytest.param(["-Wl,--export-dynamic-symbol=plugin_*"], DYNAMIC, id="kept inside"),
    pytest.param(["-rdynamic"], NOT_REACHED, id="exported"),
])
def test_in_the_program(named: Client, lakebase: LocalLakebase, tmp_path: Path, dynamic_plugin: Path, options: list[str], beside: str) -> None:
    """Its own calls were bound when it was linked. What it exports comes before all libraries, ours too: so its plugins use that."""
    host = compiled(tmp_path / "host", *options, PROBES / "session_host.c", PROBES / "session_plugin.c", *inside(),
                    f"-Wl,-rpath,{libpqs.library_path(STATIC)}")
    port = lakebase.ports["gateway"]
    expected = [NOT_REACHED.format(port=port), beside.format(port=port)]
    assert said(named, host, "-", dynamic_plugin) == expected
    # The versions are those that the dynamic linker gives without us.
    alone = said(named, host, "-", dynamic_plugin, preload=False)
    assert [line.split()[0] for line in alone] == [line.split()[0] for line in expected]
