"""The demo runs from start to end, shows what it promises, and leaves nothing."""

from __future__ import annotations

import glob
import os
import subprocess
from pathlib import Path

import pytest

from support.build import ROOT


@pytest.mark.parametrize("builds", [False, pytest.param(True, marks=pytest.mark.full)])
def test_demo(build: Path, builds: bool) -> None:
    before = set(glob.glob("/tmp/pglakebase-demo-*"))
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [ROOT / "scripts" / "demo", *([] if builds else [build])], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in ("no password supplied", "SSL connection (protocol: TLSv1", "current_user", "CREATE TABLE public.demo_orders"):
        assert shown in done.stdout + done.stderr, done.stdout + done.stderr
    assert set(glob.glob("/tmp/pglakebase-demo-*")) == before
    assert "eyJ" not in done.stdout + done.stderr
