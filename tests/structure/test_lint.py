"""Every check of scripts/lint is one test."""

from __future__ import annotations

import subprocess

import pytest

from support.build import ROOT


@pytest.mark.parametrize("check", ["format", "tidy", "layers", "shell", "python", "text"])
def test_lint(check: str) -> None:
    done = subprocess.run([ROOT / "scripts" / "lint", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
