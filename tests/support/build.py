"""Where the tree and the build under test are."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build_directory() -> Path:
    """PGLAKEBASE_BUILD, else the first build of scripts/test that is there."""
    if chosen := os.environ.get("PGLAKEBASE_BUILD"):
        return Path(chosen).absolute()
    for name in ("gcc-release", "gcc-debug"):
        if (ROOT / "build" / name / "build.ninja").exists():
            return ROOT / "build" / name
    raise RuntimeError("nothing is built: run scripts/test, or set PGLAKEBASE_BUILD to a build directory")


@functools.cache
def build_options(build: Path) -> dict[str, object]:
    described = subprocess.run(
        ["meson", "introspect", "--buildoptions", str(build)], capture_output=True, text=True, check=True
    )
    return {option["name"]: option["value"] for option in json.loads(described.stdout)}


def library(build: Path) -> Path:
    return build / "src" / "shim" / "libpglakebase.so"


def command(build: Path) -> Path:
    return build / "src" / "cli" / "pglakebase"


def helper(build: Path) -> Path:
    return build / "src" / "cli" / "pglakebase-fetch"
