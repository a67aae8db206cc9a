"""The library for programs that serve users: as small and as harmless as the one that is preloaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.build import ROOT, build_directory, build_options

sys.path.insert(0, str(ROOT / "scripts"))
import check_library  # noqa: E402

NAMES = {"pglakebase_set_user_token", "pglakebase_user_token_of_this_thread"}
# libc's own, of 2013: what wipes the token when its thread ends.
REGISTERS = "__cxa_thread_atexit_impl@GLIBC_2.18"
PLAIN = [build for build in [build_directory()] if build_options(build)["b_sanitize"] == "none"]


@pytest.mark.parametrize("build", PLAIN, ids=lambda build: build.name)
def test_library(build: Path) -> None:
    library = build / "src" / "user" / "libpglakebase-user.so.0"
    problems = check_library.problems(library, NAMES, 20_000)
    assert problems == [f"wants the C++ run time: ['{REGISTERS}']",
                        f"does not load on an older glibc for the sake of {REGISTERS}"]


def test_library_has_thread_local_storage(build: Path) -> None:
    """Without it, the preloaded library would pass it over, and connect as the program itself."""
    library = build / "src" / "user" / "libpglakebase-user.so.0"
    segments = subprocess.run(["readelf", "-lW", str(library)], capture_output=True, text=True, check=True).stdout
    [sizes] = [line.split()[5] for line in segments.splitlines() if line.split()[:1] == ["TLS"]]
    assert int(sizes, 16) > 0


def test_programs_are_built_with_pkg_config(tmp_path: Path, build: Path) -> None:
    """As a program's own build would, from the installed tree."""
    subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--destdir", str(tmp_path)], check=True,
                   capture_output=True)
    [description] = tmp_path.rglob("pglakebase-user.pc")
    env = {"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(description.parent), "PKG_CONFIG_SYSROOT_DIR": str(tmp_path)}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "pglakebase-user"], env=env, capture_output=True, text=True,
                           check=True).stdout.split()
    program = tmp_path / "program"
    source = ROOT / "tests" / "exchange" / "probes" / "user_header.c"
    for language in (["-xc", "-std=c89"], ["-xc", "-std=c17"], ["-xc++", "-std=c++98"]):
        subprocess.run(["gcc", "-pedantic", "-Wall", "-Wextra", "-Werror", *language, str(source), "-xnone", "-o",
                        str(program), *flags], check=True)
    [library] = tmp_path.rglob("libpglakebase-user.so.0")
    subprocess.run([str(program)], env={"LD_LIBRARY_PATH": str(library.parent), **sanitizer_environment()}, check=True)


def sanitizer_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
