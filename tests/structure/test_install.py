"""What is installed works from wherever it is put."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from support.build import build_directory, build_options


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed tree, moved away from where it was installed to."""
    staged = tmp_path_factory.mktemp("staged")
    options = build_options(build_directory())
    command = ["meson", "install", "-C", str(build_directory()), "--no-rebuild", "--destdir", str(staged)]
    subprocess.run(command, capture_output=True, text=True, check=True)
    moved = tmp_path_factory.mktemp("moved") / "elsewhere"
    shutil.move(str(staged) + str(options["prefix"]), moved)
    return moved


@pytest.fixture(scope="module")
def places(tree: Path) -> dict[str, Path]:
    options = build_options(build_directory())
    return {
        "library": tree / str(options["libdir"]) / "pglakebase" / "libpglakebase.so",
        "command": tree / str(options["bindir"]) / "pglakebase",
        "helper": tree / str(options["libexecdir"]) / "pglakebase" / "pglakebase-fetch",
        **{f"user library {name}": tree / str(options["libdir"]) / f"libpglakebase-user.so{name}" for name in ("", ".0", ".0.1.0")},
        "user library's description": tree / str(options["libdir"]) / "pkgconfig" / "pglakebase-user.pc",
        "header": tree / "include" / "pglakebase" / "pglakebase.h",
        "example": tree / "share" / "doc" / "pglakebase" / "pg_service.conf.example",
    }


def run(places: dict[str, Path], *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment}
    return subprocess.run([str(places["command"]), *arguments], env=clean, capture_output=True, text=True, timeout=60)


def test_everything_is_in_its_place(places: dict[str, Path]) -> None:
    for name, place in places.items():
        assert place.is_file(), f"{name} is not at {place}"
    for name in ("command", "helper"):
        assert os.access(places[name], os.X_OK)


def test_nothing_else_is_installed(tree: Path, places: dict[str, Path]) -> None:
    installed = {path for path in tree.rglob("*") if path.is_file()}
    extra = {path for path in installed - set(places.values()) if "share" not in path.parts}
    assert extra == set()


def test_nobody_else_can_write_it(tree: Path) -> None:
    for path in tree.rglob("*"):
        assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH), path


def test_version(places: dict[str, Path]) -> None:
    done = run(places, "--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pglakebase ")


def test_the_command_finds_the_library(places: dict[str, Path]) -> None:
    done = run(places, "env")
    assert done.returncode == 0, done.stderr
    assert str(places["library"]) in done.stdout.replace("\\", "").replace("'", "")


def test_the_library_loads_into_a_program(places: dict[str, Path]) -> None:
    done = run(places, "run", "--no-warm", "--", "cat", "/proc/self/maps")
    assert done.returncode == 0, done.stderr
    assert str(places["library"]) in done.stdout


def test_the_command_finds_the_helper(places: dict[str, Path], tmp_path: Path) -> None:
    """Without a helper the error says that it cannot be started; with it, what is not configured."""
    host = "ep-x.database.us-east-1.cloud.databricks.com"
    environment = {"PGLAKEBASE_CACHE_DIR": str(tmp_path / "cache"), "https_proxy": "http://127.0.0.1:9"}
    done = run(places, "token", host, "--timeout", "10", **environment)
    assert done.returncode != 0
    assert "cannot be started" not in done.stderr, done.stderr
    assert done.stderr.count("\n") <= 12

    aside = places["helper"].with_suffix(".aside")
    places["helper"].rename(aside)
    try:
        done = run(places, "token", host, "--timeout", "10", "--force", **environment)
        assert "cannot be started" in done.stderr, done.stderr
    finally:
        aside.rename(places["helper"])
