from __future__ import annotations

import re

import pytest

from support.build import ROOT

from .conftest import Sandbox

COMMANDS = ["run", "token", "status", "forget", "env"]


def test_version(sandbox: Sandbox) -> None:
    done = sandbox.run("--version")
    version = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text()).group(1)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"pglakebase {version}\n", "")


def test_help_names_commands_and_exit_codes(sandbox: Sandbox) -> None:
    done = sandbox.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == sandbox.run("-h").stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} +[A-Z].*\.$", done.stdout, re.M), command
    for code in (0, 1, 2, 3, 4, 5, 126, 127):
        assert re.search(rf"\b{code}\b", done.stdout), code
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(sandbox: Sandbox, command: str) -> None:
    done = sandbox.run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Usage: pglakebase {command} " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ([], 'a command is needed; see "pglakebase --help"'),
        (["frob"], 'the following argument was not expected: frob; see "pglakebase --help"'),
        (["status", "x"], 'the following argument was not expected: x; see "pglakebase status --help"'),
        (["env", "--format", "x"], '--format: x not in {sh,github}; see "pglakebase env --help"'),
        (["run", "--service"], '--service: 1 required NAME missing; see "pglakebase run --help"'),
    ],
)
def test_usage(sandbox: Sandbox, arguments: list[str], sentence: str) -> None:
    done = sandbox.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"pglakebase: {sentence}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["status"], ["token", "--help"]])
def test_full_disk(sandbox: Sandbox, arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = sandbox.run(*arguments, stdout=full)
    assert done.returncode == 1
    assert "the output cannot be written: No space left on device" in done.stderr
