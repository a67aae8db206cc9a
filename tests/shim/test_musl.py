"""Preloaded into a program that is linked to musl: not supported, and nothing breaks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.build import ROOT
from support.client import Client

PROBES = ROOT / "tests" / "shim" / "probes"
HEADERS = ("libpq-fe.h", "pg_config_ext.h", "postgres_ext.h")


@pytest.fixture
def musl_gcc(tmp_path: Path):
    """libpq's headers alone: those beside them are glibc's."""
    include = tmp_path / "include"
    include.mkdir()
    for name in HEADERS:
        (include / name).symlink_to(Path("/usr/include/postgresql") / name)

    def compile(name: str, *words: object) -> Path:
        subprocess.run(["musl-gcc", f"-I{include}", "-o", tmp_path / name, *map(str, words)], check=True)
        return tmp_path / name

    return compile


def test_calls_pass_through(musl_gcc, stubbed: Client) -> None:
    libpq = musl_gcc("libpq-musl.so", "-shared", "-fPIC", PROBES / "fake_libpq.c")
    program = musl_gcc("linked_caller", PROBES / "caller.c", PROBES / "caller_main.c", libpq)
    done = stubbed.run(program, "db.example.com", stubbed.lakebase.hosts["demo"]).ok()
    lines = done.text.splitlines()
    assert len(lines) > 30 and done.error == ""
    for line in lines:
        assert line.endswith((": same", ": same, after a question")), line


@pytest.mark.parametrize("options", [[], ["-static"]])
def test_program_that_never_connects(musl_gcc, stubbed: Client, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "hello.c").write_text('#include <stdio.h>\nint main(void) { puts("hello"); return 7; }\n')
    done = stubbed.run(musl_gcc("hello", tmp_path / "hello.c", *options))
    assert (done.code, done.out, done.err) == (7, b"hello\n", b"")
