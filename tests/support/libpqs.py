"""PostgreSQL's client library in every major version, from npm's packages of PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .build import ROOT
from .locked import locked

PINNED = ROOT / "tests" / "npm-libpq" / "package.json"
DIRECTORY = Path(os.environ.get("PGLAKEBASE_LIBPQS_DIR", ROOT / "build" / "npm-libpq"))
VERSIONS = range(10, 19)
# Older ones do not send the server's name (SNI).
FIRST_WITH_SNI = 14
# Older ones go by the passwd entry alone to find the home directory.
FIRST_WITH_HOME = 15


def install() -> None:
    """The pinned packages, installed outside the sources once."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    with locked(DIRECTORY):
        install_once()


def install_once() -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    installed = DIRECTORY / "installed.json"
    if not installed.exists() or installed.read_text() != PINNED.read_text():
        shutil.copy(PINNED, DIRECTORY / "package.json")
        # Their scripts would make the links that link_all() makes.
        command = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5"]
        done = subprocess.run(command, cwd=DIRECTORY, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        link_all()
        installed.write_text(PINNED.read_text())


def link_all() -> None:
    for version in VERSIONS:
        links = package(version) / "native" / "pg-symlinks.json"
        for link in json.loads(links.read_text()):
            target = package(version) / link["target"]
            target.unlink(missing_ok=True)
            target.symlink_to(package(version) / link["source"])


def package(version: int) -> Path:
    return DIRECTORY / "node_modules" / f"libpq-{version}"


def library_path(version: int) -> Path:
    """The directory for LD_LIBRARY_PATH."""
    return package(version) / "native" / "lib"


def static_library(version: int) -> list[Path]:
    """What a program is linked with that carries libpq inside."""
    names = ["libpq.a", "libpgcommon_shlib.a", "libpgport_shlib.a"]
    return [library_path(version) / name for name in names]
