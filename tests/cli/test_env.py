from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .conftest import Sandbox


@pytest.fixture
def ready(sandbox: Sandbox) -> Sandbox:
    sandbox.empty_library()
    return sandbox


def evaluated(sandbox: Sandbox, shell: str, **env: str) -> str:
    done = subprocess.run(
        [shell, "-euc", 'eval "$("$0" env)"; printf %s "$LD_PRELOAD"; env | grep -c ^LD_PRELOAD= >&2', sandbox.command],
        env=sandbox.environment | env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == "1\n"
    return done.stdout


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_shell_line_adds_to_what_is_there(ready: Sandbox, shell: str) -> None:
    assert evaluated(ready, shell) == str(ready.library)
    other = str(ready.library.with_name("other.so"))
    Path(other).write_bytes(ready.library.read_bytes())
    assert evaluated(ready, shell, LD_PRELOAD=other) == f"{other}:{ready.library}"


def test_shell_line(ready: Sandbox) -> None:
    done = ready.run("env")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"export LD_PRELOAD=\"${{LD_PRELOAD:+$LD_PRELOAD:}}\"'{ready.library}'\n"
    assert ready.run("env", "--format", "sh").stdout == done.stdout


def test_shell_line_of_a_strange_path(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "it's$(x)")
    sandbox.empty_library()
    assert evaluated(sandbox, "/bin/sh") == str(sandbox.library)


def test_github_line(ready: Sandbox) -> None:
    assert ready.run("env", "--format", "github").stdout == f"LD_PRELOAD={ready.library}\n"
    other = str(ready.library.with_name("other.so"))
    Path(other).write_bytes(ready.library.read_bytes())
    for value in (other, f"{other}:{ready.library}"):
        done = ready.run("env", "--format", "github", env={"LD_PRELOAD": value})
        assert done.stdout == f"LD_PRELOAD={other}:{ready.library}\n"


def test_no_library(sandbox: Sandbox) -> None:
    done = sandbox.run("env")
    assert (done.returncode, done.stdout) == (1, "")
    assert "install pglakebase again" in done.stderr
