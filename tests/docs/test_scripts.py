"""The scripts that people start first."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from support.build import ROOT


@pytest.mark.parametrize("option", [[], ["--demo"], ["--full"]])
def test_install_deps_is_quick_when_all_is_there(option: list[str]) -> None:
    started = time.monotonic()
    done = subprocess.run([ROOT / "scripts" / "install-deps", *option], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert time.monotonic() - started < 20


def test_install_deps_refuses_what_it_does_not_know() -> None:
    done = subprocess.run([ROOT / "scripts" / "install-deps", "--other"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage" in done.stderr


@pytest.mark.parametrize("script", ["scripts/demo", "scripts/test", "scripts/lint", "scripts/install-deps", "scripts/soak", ".ci/run"])
def test_scripts_can_be_executed(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
