"""Inside of a PostgreSQL server, whose users must not borrow the server's identity."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase

from .hosts import Hosts
from .preloaded_server import APP, PreloadedServer, preloaded_server, tokens_sent, where


def foreign(lakebase: LocalLakebase, mapping: str) -> list[str]:
    return [
        f"create server s foreign data wrapper postgres_fdw options (host '{lakebase.hosts['demo']}', hostaddr '127.0.0.1', "
        f"port '{lakebase.ports['gateway']}', dbname '{inventory.DATABASE}', sslmode 'require')",
        f"create user mapping for app server s options (user '{APP}'{mapping})",
        "create foreign table t (x text) server s options (schema_name 'pg_catalog', table_name 'pg_class')",
        "select * from t",
    ]


def attempts(lakebase: LocalLakebase) -> dict[str, list[str]]:
    plain = where(lakebase)
    return {
        "dblink": [f"select dblink_connect('{plain}')"],
        "dblink service": ["select dblink_connect('service=svc')"],
        "dblink password": [f"select dblink_connect('{plain} password=x')"],
        "dblink service password": ["select dblink_connect('service=svc password=x')"],
        "dblink one-off": [f"select * from dblink('{plain} password=x', 'select 1') as t(x int)"],
        "trusted dblink": [f"select dblink_connect_u('{plain}')"],
        "trusted dblink other service": ["select dblink_connect_u('service=other')"],
        "trusted dblink other host": [f"select dblink_connect_u('service=svc host={lakebase.hosts['readonly']}')"],
        "postgres_fdw": foreign(lakebase, ""),
        "postgres_fdw password": foreign(lakebase, ", password 'x'"),
    }


def assert_nothing_lent(running: PreloadedServer, lakebase: LocalLakebase, besides: str = "") -> None:
    for name, statements in attempts(lakebase).items():
        if name == besides:
            continue
        done = running.sql("app", "begin", *statements, "rollback")
        assert done.returncode != 0, (name, done.stdout)
        assert tokens_sent(lakebase) == [], name
    assert lakebase.counters()["calls"] == {}


def test_inert_unless_services_are_named(server_place: Path, lakebase: LocalLakebase, secret_watch) -> None:
    with preloaded_server(server_place, lakebase, secret_watch) as running:
        assert_nothing_lent(running, lakebase)
        done = running.sql("app", "select dblink_connect_u('service=svc')")
        assert done.returncode != 0 and "pglakebase" not in done.stderr
        # Not even where an administrator gave up on passwords.
        done = running.sql("postgres", *foreign(lakebase, ", password_required 'false'"))
        assert done.returncode != 0 and tokens_sent(lakebase) == []
        assert list((server_place / "cache").iterdir()) == []


def test_only_named_services_are_served(server_place: Path, lakebase: LocalLakebase, secret_watch) -> None:
    with preloaded_server(server_place, lakebase, secret_watch, PGLAKEBASE_SERVER="nothing, svc") as running:
        # The host of that service is that service.
        assert_nothing_lent(running, lakebase, besides="trusted dblink")
        done = running.sql("app", "select dblink_connect_u('service=svc')",
                           "select * from dblink('select current_user::text') as t(x text)")
        assert (done.returncode, done.stdout) == (0, f"OK\n{APP}\n"), done.stderr
        assert len(tokens_sent(lakebase)) == 1


def test_server_under_another_name(server_place: Path, lakebase: LocalLakebase, build: Path, probes: Path) -> None:
    """What makes a server is not the name of its file: the PostgreSQL of a vendor may have another."""
    environment = {"LD_PRELOAD": str(server_place / "shim/libpglakebase.so"), "HOME": "/nonexistent", "PATH": "/usr/bin:/bin",
                   "PGLAKEBASE_CACHE_DIR": str(server_place / "none")}
    done = subprocess.run([probes / "hosts" / "renamed_server", "plain", where(lakebase)], env=environment,
                          capture_output=True, text=True, timeout=60, check=True)
    assert "pglakebase" not in done.stdout and "no password supplied" in done.stdout, shlex.join([done.stdout])


@pytest.mark.parametrize("name, target, inert", [
    ("postgres", "", True), ("postmaster", "", True), ("postmaster", "postgres", True), ("postgres", "pg", False),
    ("pg", "postgres", False), ("pg", "", False), ("old_postgres", "", False)])
@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
def test_by_its_name(hosts: Hosts, tmp_path: Path, name: str, target: str, inert: bool, relative: bool) -> None:
    """What exports nothing is a server only if it was started as one, and its file is named so, too."""
    (tmp_path / "bin").mkdir()
    shutil.copy(hosts.program("confined"), tmp_path / "bin" / (target or name))
    if target:
        (tmp_path / "started").mkdir()
        (tmp_path / "started" / name).symlink_to(tmp_path / "bin" / target)
    directory = tmp_path / ("started" if target else "bin")
    program = f"./{name}" if relative else directory / name
    done = hosts.client.run(program, "plain", "service=orders", cwd=directory).ok()
    assert done.values["first_status"] == ("bad" if inert else "ok")
    assert hosts.fetches() == (0 if inert else 1)
