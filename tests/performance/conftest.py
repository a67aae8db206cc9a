"""The bars that can be judged on a busy machine: what is counted, never what is timed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.build import ROOT

sys.path.insert(0, str(ROOT))

from bench.arena import Arena  # noqa: E402
from lakebase.client import LocalLakebase  # noqa: E402


@pytest.fixture
def arena(build: Path, lakebase: LocalLakebase, tmp_path: Path) -> Arena:
    return Arena(build, lakebase, tmp_path, quick=True)
