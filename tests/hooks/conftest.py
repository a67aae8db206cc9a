"""Programs that bind to libpq in their own ways, made of tests/hooks/probes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import ROOT, library
from support.client import Client

PROBES = ROOT / "tests" / "hooks" / "probes"
SYSTEM_LIBPQ = "libpq.so.5"


@pytest.fixture
def client(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Client:
    """Its service "orders" leads to the local Lakebase."""
    made = Client(library(build), build, lakebase, tmp_path)
    made.service("orders", "profile=DEMO")
    # Before 15 libpq takes the home directory from the passwd entry alone.
    made.env["PGSERVICEFILE"] = str(made.home / ".pg_service.conf")
    return made


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Path]:
    """compiled("dlsym_client") is a program, compiled("x.so", "deepbind_module") a library."""

    def compile(name: str, *words: object, source: str | None = None, compiler: str = "gcc") -> Path:
        file = PROBES / f"{source or name}.c"
        shared = ["-shared", "-fPIC"] if ".so" in name else []
        command = [compiler, "-w", "-I/usr/include/postgresql", *shared, "-o", tmp_path / name, file, *words]
        subprocess.run([str(word) for word in command], check=True, timeout=120)
        return tmp_path / name

    return compile
