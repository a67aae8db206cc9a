"""PostgreSQL's own tests against the installed programs: t/*.pl, and pg_regress with psql. Their servers run preloaded, too."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.client import PGBIN

from . import sources
from .ground import Ground
from .results import Results, of_regress, of_tap
from .table import Suite

PGXS = PGBIN.parent / "lib" / "pgxs" / "src" / "test"
PG_REGRESS = PGXS / "regress" / "pg_regress"


def version() -> str:
    return sources.installed("postgresql-15")


def tap(ground: Ground, suite: Suite, preload: bool) -> Results:
    place = ground.copied(sources.source(suite.source, version()) / suite.directory, preload)
    env = {"TESTDIR": str(place), "PGPORT": "65432", "PG_REGRESS": str(PG_REGRESS), "with_readline": "yes", "with_icu": "yes",
           "TAR": "/usr/bin/tar", "GZIP_PROGRAM": "/usr/bin/gzip", "LZ4": "", "ZSTD": "", "with_ssl": "openssl"}

    def one(file: Path) -> dict[str, str]:
        out = place / f"{file.stem}.tap"
        code = ground.run(["/usr/bin/perl", f"-I{PGXS / 'perl'}", "-I.", f"t/{file.name}"], place, preload, out, env)
        return of_tap(file.name, out.read_text(errors="replace"), code)

    files = [file for file in sorted((place / "t").glob("*.pl")) if file.name not in suite.left_out]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return Results({name: word for said in pool.map(one, files) for name, word in said.items()})


def regress(ground: Ground, suite: Suite, preload: bool) -> Results:
    """The tests of the whole schedule, each through a psql of its own."""
    place = ground.copied(sources.source(suite.source, version()) / suite.directory, preload)
    libraries = place / "libraries"
    libraries.mkdir(exist_ok=True)
    server = sources.package("postgresql-server-dev-15", version()) / "usr/include/postgresql/15/server"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-w", f"-I{server}", place / "regress.c", "-o", libraries / "regress.so"], check=True)
    for name in ("autoinc.so", "refint.so"):
        (libraries / name).symlink_to(PGBIN.parent / "lib" / name)
    ground.give(ground.directory)
    out = place / "regress.txt"
    ground.run([PG_REGRESS, f"--inputdir={place}", f"--outputdir={place}", f"--bindir={PGBIN}", f"--dlpath={libraries}",
                f"--temp-instance={place / 'instance'}", "--no-locale", "--encoding=UTF8", "--max-concurrent-tests=20",
                f"--schedule={place / 'parallel_schedule'}"], place, preload, out, {})
    return Results(of_regress(out.read_text(errors="replace")))
