"""What the built files need, export and weigh, debug and release."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.build import ROOT, build_directory, build_options, command, helper, library

sys.path.insert(0, str(ROOT / "scripts"))
import check_library  # noqa: E402

EXECUTABLE_LIMIT = 4 * 1024 * 1024
FUNCTIONS = sorted((ROOT / "src" / "shim").glob("*_functions.def"))


def plain_builds() -> list[Path]:
    """The build under test and scripts/test's others; a sanitizer's run time changes what is needed."""
    candidates = {build_directory(), *(ROOT / "build" / name for name in ("gcc-release", "gcc-debug", "clang-debug"))}
    built = [build for build in candidates if library(build).exists()]
    return sorted(build for build in built if build_options(build)["b_sanitize"] == "none")


@pytest.mark.parametrize("build", plain_builds(), ids=lambda build: build.name)
def test_library(build: Path) -> None:
    # Without optimization it is larger than what is shipped.
    limit = check_library.SIZE_LIMIT * (2 if build_options(build)["optimization"] in ("0", "g") else 1)
    assert check_library.problems(library(build), check_library.wrapped_names(*FUNCTIONS), limit) == []


def test_library_is_built() -> None:
    assert library(build_directory()).exists()


@pytest.mark.parametrize("find", [command, helper], ids=["pglakebase", "pglakebase-fetch"])
def test_executables_are_small(find) -> None:
    assert check_library.stripped_size(find(build_directory())) <= EXECUTABLE_LIMIT


@pytest.mark.parametrize("build", [build for build in plain_builds() if build_options(build)["curl"] != "shared"],
                         ids=lambda build: build.name)
def test_the_helper_loads_little(build: Path) -> None:
    """Somebody waits while it is loaded, and libcurl.so alone would bring thirty libraries."""
    dynamic = check_library.output("readelf", "--dynamic", "--wide", str(helper(build)))
    needed = {name.split(".so")[0] for name in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)}
    assert {name for name in needed if not name.startswith("ld-linux")} == {"libssl", "libcrypto", "libc"}


SOURCES = {
    "needs": ("void PQfinish() {}", ["-Wl,--no-as-needed", "-lm"], "needs"),
    "exports too much": ("void PQfinish() {} void other() {}", [], "exports too much: ['other']"),
    "exports too little": ("", [], "too little: ['PQfinish']"),
    "relro": ("void PQfinish() {}", ["-Wl,-z,norelro"], "RELRO"),
    "lazy": ("void PQfinish() {}", ["-Wl,-z,lazy"], "RELRO"),
    "stack": ("void PQfinish() {}", ["-Wl,-z,execstack"], "executable stack"),
    "path": ("void PQfinish() {}", ["-Wl,-rpath,/opt"], "path for libraries"),
    "size": ("char big[200000] = {1}; void PQfinish() {}", [], "bytes stripped"),
    "glibc": ("void* dlsym(void*, char*); void PQfinish() { dlsym(0, 0); }", [], "the sake of dlsym@GLIBC_2.34"),
    "run time": ("void _ZdlPv(void*); void PQfinish() { _ZdlPv(0); }", [], "C++ run time"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_check_sees(name: str, tmp_path: Path) -> None:
    source, flags, expected = SOURCES[name]
    (tmp_path / "x.c").write_text(source)
    (tmp_path / "names.def").write_text("// PQcomment\nX(PQfinish)\n")
    built = tmp_path / "x.so"
    hidden = "-Wl,-z,relro,-z,now"
    compile_command = ["gcc", "-shared", "-fPIC", "-w", hidden, "-o", built, tmp_path / "x.c", *flags]
    subprocess.run(compile_command, check=True)
    found = check_library.problems(built, check_library.wrapped_names(tmp_path / "names.def"))
    assert any(expected in problem for problem in found), found


def test_the_check_passes_a_good_library(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("#include <unistd.h>\nint PQfinish() { return getpid(); }")
    (tmp_path / "names.def").write_text("X(PQfinish)\n")
    built = tmp_path / "x.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-Wl,-z,relro,-z,now", "-o", built, tmp_path / "x.c"], check=True)
    assert check_library.problems(built, {"PQfinish"}) == []
