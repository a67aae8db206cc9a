"""The drivers' own tests, with the driver built of the very sources that the tests are from."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lakebase.cluster import Cluster
from support.client import PGBIN

from . import sources
from .ground import Ground
from .results import Results, of_junit, of_tap
from .table import Suite

PYTHON = "/usr/bin/python3"
BUILT = sources.DIRECTORY / "built"


@contextlib.contextmanager
def server(ground: Ground, database: str) -> Iterator[Cluster]:
    """A PostgreSQL of its own, not preloaded, with an empty database."""
    cluster = Cluster(ground.directory / "server", ground.directory / "server.log")
    if not cluster.directory.exists():
        assert cluster.initialise().wait() == 0, cluster.log.read_text()
    cluster.start("nobody")
    # Only its own user may enter, and the tests run as that one.
    try:
        where = ["-h", str(cluster.directory), "-p", str(cluster.port), "-U", "postgres"]
        for program in ("dropdb", "createdb"):
            options = ["--if-exists"] if program == "dropdb" else []
            subprocess.run([PGBIN / program, *where, *options, database], check=True, capture_output=True)
        subprocess.run([PGBIN / "psql", "-Xq", *where, "-c", "create extension hstore", database], check=True, capture_output=True)
        yield cluster
    finally:
        cluster.stop()


def built(name: str, sources_of: Path, *commands: list[str]) -> Path:
    place = BUILT / name
    stamp = place / "built"
    if not stamp.exists() or stamp.read_text() != str(sources_of):
        subprocess.run(["rm", "-rf", place], check=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", sources_of, place], check=True)
        for command in commands:
            subprocess.run(command, cwd=place, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=1200)
        stamp.write_text(str(sources_of))
    return place


def psycopg2(ground: Ground, suite: Suite, preload: bool) -> Results:
    made = built("psycopg2", sources.source(suite.source), [PYTHON, "setup.py", "-q", "build", "--build-lib", "library"])
    place = ground.copied(made, preload)
    with server(ground, "psycopg2_test") as cluster:
        env = {"PSYCOPG2_TESTDB": "psycopg2_test", "PSYCOPG2_TESTDB_HOST": str(cluster.directory), "PSYCOPG2_TESTDB_USER": "postgres",
               "PSYCOPG2_TESTDB_PORT": str(cluster.port), "PYTHONPATH": str(place / "library"), "PYTHONDONTWRITEBYTECODE": "1"}
        junit = place / "results.xml"
        ground.run([PYTHON, "-m", "pytest", "-c", "/dev/null", "--rootdir", place, "-q", "-p", "no:cacheprovider",
                    f"--junit-xml={junit}", "tests"], place, preload, place / "pytest.txt", env)
    return Results(of_junit(junit))


def dbd_pg(ground: Ground, suite: Suite, preload: bool) -> Results:
    """In order: its files share tables."""
    made = built("dbd-pg", sources.source(suite.source), ["perl", "Makefile.PL"], ["make", "-s"])
    place = ground.copied(made, preload)
    said: dict[str, str] = {}
    with server(ground, "dbd_pg") as cluster:
        env = {"DBI_DSN": f"dbi:Pg:dbname=dbd_pg;host={cluster.directory};port={cluster.port}", "DBI_USER": "postgres",
               "DBDPG_TEST_ALWAYS_ENV": "1"}
        for file in sorted((place / "t").glob("*.t")):
            if file.name not in suite.left_out:
                out = place / f"{file.stem}.tap"
                code = ground.run(["/usr/bin/perl", "-Mblib", f"t/{file.name}"], place, preload, out, env)
                said |= of_tap(file.name, out.read_text(errors="replace"), code)
    return Results(said)
