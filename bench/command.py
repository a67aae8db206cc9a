"""scripts/bench: builds, measures, tells."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import tempfile
import time
from pathlib import Path

from lakebase.client import LocalLakebase
from support.build import ROOT

from bench import document, machine, report
from bench.arena import Arena
from bench.peer import find_peer
from bench.report import Row

BARS = ("E1", "E1b", "E2", "E3", "E4", "E5", "E6", "E7", "E8")
OWN_BUILD = ROOT / "build" / "bench"
# The cache is kept in memory where nothing else is asked for.
MEMORY = "/dev/shm"
TARGETS = ("src/shim/libpglakebase.so", "src/cli/pglakebase", "src/cli/pglakebase-fetch", "bench/programs/connect_cost",
           "bench/programs/queries", "tests/cache/probes/connect_once", "tests/cache/probes/crowd")


def build(directory: Path) -> None:
    if directory == OWN_BUILD and not (directory / "build.ninja").exists():
        quietly("meson", "setup", str(directory), str(ROOT), "--buildtype=release", "-Dtests=true")
    quietly("ninja", "-C", str(directory), *TARGETS)


def quietly(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\n{' '.join(command)} failed")


def measure(bars: list[str], directory: Path, quick: bool, with_peer: bool) -> list[Row]:
    rows: list[Row] = []
    with (LocalLakebase() as lakebase, tempfile.TemporaryDirectory(prefix="bench-") as scratch,
          tempfile.TemporaryDirectory(prefix="bench-", dir=MEMORY) as clients):
        peer = find_peer(Path(scratch)) if with_peer else None
        arena = Arena(directory, lakebase, Path(clients), quick, peer)
        for bar in bars:
            begun = time.monotonic()
            lakebase.reset()
            try:
                rows += importlib.import_module(f"bench.bars.{bar.lower()}").run(arena)
            except (AssertionError, RuntimeError) as error:
                rows.append(Row(bar, "the measurement itself", " ".join(str(error).split())[:200], passed=False))
            print(f"{bar}: {time.monotonic() - begun:.0f} s", flush=True)
    return rows


def main(description: str | None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bars", nargs="*", metavar="BAR", help="of " + ", ".join(BARS))
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--build", type=Path, default=OWN_BUILD, metavar="DIR", help="a build directory, made by meson")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", metavar="FILE", help="for the figures")
    parser.add_argument("--no-peer", action="store_true", help="without the official npm client")
    parser.add_argument("--write-doc", action="store_true", help="put the table into docs/PERFORMANCE.md")
    arguments = parser.parse_args()
    known = {bar.lower(): bar for bar in BARS}
    if unknown := [bar for bar in arguments.bars if bar.lower() not in known]:
        parser.error(f"no bar is called {unknown[0]}; there are {', '.join(BARS)}")
    bars = [known[bar.lower()] for bar in arguments.bars] or list(BARS)
    if arguments.write_doc and (arguments.quick or bars != list(BARS)):
        parser.error("--write-doc wants a whole run: no --quick, and all bars")

    directory = arguments.build.absolute()
    build(directory)
    before = machine.describe()
    rows = measure(bars, directory, arguments.quick, not arguments.no_peer)
    print(report.table(rows))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report.as_json(rows, before), indent=1) + "\n")
    if arguments.write_doc:
        document.write(ROOT / "docs" / "PERFORMANCE.md", rows, before)
    missed = report.missed(rows)
    for row in missed:
        print(f"MISSED {row.bar}: {row.what}: {row.measured}" + (f", limit {row.limit}" if row.limit else ""))
    return 1 if missed else 0
