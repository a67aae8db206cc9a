"""The library built for aarch64, and programs of that processor, run by qemu-user."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from .build import ROOT
from .debian import unpacked
from .locked import locked

BUILD = ROOT / "build" / "aarch64"
PROBES = ROOT / "tests" / "shim" / "probes"
PACKAGES = ["libcli11-dev", "libcurl4-openssl-dev", "libpq-dev", "libssl-dev", "libstdc++6", "nlohmann-json3-dev",
            "postgresql-client-15"]
QEMU = "qemu-aarch64-static"


def run(*words: object) -> None:
    subprocess.run([str(word) for word in words], cwd=ROOT, check=True, capture_output=True, timeout=280)


@cache
def root() -> Path:
    """Debian's arm64 packages, unpacked."""
    if shutil.which(QEMU) is None or shutil.which("aarch64-linux-gnu-g++") is None:
        pytest.skip("qemu-user-static or g++-aarch64-linux-gnu is not installed")
    return unpacked("bookworm-arm64", "bookworm", "arm64", PACKAGES, closure=True)


@cache
def library() -> Path:
    with locked(BUILD):
        return library_in()


def library_in() -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    own_root = BUILD.with_name("aarch64-root.ini")
    wanted = f"[constants]\nroot = '{root()}'\n"
    if not (BUILD / "build.ninja").exists() or own_root.read_text() != wanted:
        shutil.rmtree(BUILD)
        own_root.write_text(wanted)
        run("meson", "setup", BUILD, "--cross-file", "scripts/cross-aarch64.ini", "--cross-file", own_root,
            "-Dbuildtype=release", "-Dwerror=true", "-Dtests=false")
    target = BUILD / "src" / "shim" / "libpglakebase.so"
    run("ninja", "-C", BUILD, "-j2", target.relative_to(BUILD))
    return target


@cache
def connect_probe() -> Path:
    library()
    target = BUILD / "connect_probe"
    sources = [PROBES / "connect_probe.cpp", PROBES / "report.cpp", ROOT / "src" / "core" / "sha256.cpp"]
    libraries = root() / "usr" / "lib" / "aarch64-linux-gnu"
    indirect = f"{libraries}:{root()}/lib/aarch64-linux-gnu"
    run("aarch64-linux-gnu-g++", "-std=c++20", "-O1", "-w", "-I", ROOT / "include", "-I", root() / "usr/include/postgresql",
        "-o", target, *sources, "-L", libraries, f"-Wl,-rpath-link,{indirect}", "-lpq", "-pthread")
    return target
