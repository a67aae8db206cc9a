"""Every check of scripts/lint is one test; clang-tidy takes minutes, and is a step of scripts/test --full."""

from __future__ import annotations

import subprocess

import pytest

from support.build import ROOT


CHECKS = ["format", "layers", "shell", "python", "text"]


@pytest.mark.parametrize("check", CHECKS)
def test_lint(check: str) -> None:
    done = subprocess.run([ROOT / "scripts" / "lint", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
