"""Inside of a PostgreSQL server, whose users must not borrow the server's identity."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from lakebase.cluster import Cluster
from support.build import build_options, helper, library
from support.client import PGBIN

APP = inventory.APP.name


class PreloadedServer(Cluster):
    """Started by an administrator whose environment has the library and credentials."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        super().__init__(directory / "cluster", directory / "log")
        self.environment = environment

    def _spawn(self, command: list[str]) -> "subprocess.Popen[bytes]":
        words = [f"{name}={value}" for name, value in self.environment.items()]
        who = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
        with open(self.log, "ab") as log:
            return subprocess.Popen([*who, "env", *words, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"})

    def sql(self, role: str, *statements: str) -> "subprocess.CompletedProcess[str]":
        conninfo = f"host={self.directory} port={self.port} user={role} dbname=postgres"
        return subprocess.run([PGBIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", conninfo], input=";\n".join(statements) + ";\n",
                              capture_output=True, text=True, timeout=60, check=False)


def owned(path: Path, content: str | None = None) -> Path:
    if content is None:
        path.mkdir(mode=0o755)
    else:
        path.write_text(content)
        path.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(path, "postgres", "postgres")
    return path


@pytest.fixture(scope="module")
def place(build: Path, server: LocalLakebase) -> Iterator[Path]:
    """The product and its settings where the server's user can read them."""
    if build_options(build)["b_sanitize"] != "none":
        pytest.skip("PostgreSQL itself is not built with the sanitizers")
    directory = Path(tempfile.mkdtemp(prefix="server-", dir="/tmp"))
    directory.chmod(0o755)
    for file, source in (("shim/libpglakebase.so", library(build)), ("cli/pglakebase-fetch", helper(build))):
        (directory / file).parent.mkdir(mode=0o755)
        shutil.copy(source, directory / file)
        (directory / file).chmod(0o755)
    shutil.copy(server.ca_file, directory / "ca.pem")
    (directory / "ca.pem").chmod(0o644)
    port = server.ports["gateway"]
    owned(directory / "home")
    owned(directory / "home" / ".pg_service.conf", "".join(
        f"[{name}]\nhost={server.hosts[host]}\nhostaddr=127.0.0.1\nport={port}\n"
        f"#lakebase: endpoint=projects/shop/branches/production/endpoints/{endpoint}\n"
        for name, host, endpoint in (("svc", "demo", "primary"), ("other", "readonly", "readonly"))))
    owned(directory / "cache")
    yield directory
    shutil.rmtree(directory)


def start(place: Path, lakebase: LocalLakebase, secret_watch, **more: str) -> PreloadedServer:
    workspace = lakebase.workspace()
    environment = {
        "LD_PRELOAD": str(place / "shim/libpglakebase.so"), "HOME": str(place / "home"),
        "PGLAKEBASE_CACHE_DIR": str(place / "cache"), "SSL_CERT_FILE": str(place / "ca.pem"),
        "DATABRICKS_HOST": workspace["url"], "DATABRICKS_CLIENT_ID": APP, **more,
        "DATABRICKS_CLIENT_SECRET": workspace["secrets"][APP],
    }
    shutil.rmtree(place / "cluster", ignore_errors=True)
    running = PreloadedServer(place, environment)
    # The secret stands in the command line of env(1) and the environment of the server, by the test's own doing.
    with secret_watch.permitted():
        assert running.initialise().wait(60) == 0, running.log.read_text()
        running.start("nobody")
    done = running.sql("postgres", "create extension dblink", "create extension postgres_fdw", "create role app login",
                       "grant usage on foreign data wrapper postgres_fdw to app", "grant create on schema public to app",
                       "grant execute on function dblink_connect_u(text) to app")
    assert done.returncode == 0, done.stderr
    return running


def where(lakebase: LocalLakebase, **more: str) -> str:
    return " ".join(f"{k}={v}" for k, v in {"host": lakebase.hosts["demo"], "hostaddr": "127.0.0.1",
                                            "port": lakebase.ports["gateway"], "user": APP,
                                            "dbname": inventory.DATABASE, "sslmode": "require", **more}.items())


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


def tokens_sent(lakebase: LocalLakebase) -> list[object]:
    return [c for c in lakebase.connections() if c["password_kind"] == "jwt"]


def assert_nothing_lent(running: PreloadedServer, lakebase: LocalLakebase, besides: str = "") -> None:
    for name, statements in attempts(lakebase).items():
        if name == besides:
            continue
        done = running.sql("app", "begin", *statements, "rollback")
        assert done.returncode != 0, (name, done.stdout)
        assert tokens_sent(lakebase) == [], name
    assert lakebase.counters()["calls"] == {}


def test_inert_unless_services_are_named(place: Path, lakebase: LocalLakebase, secret_watch) -> None:
    running = start(place, lakebase, secret_watch)
    try:
        assert_nothing_lent(running, lakebase)
        done = running.sql("app", "select dblink_connect_u('service=svc')")
        assert done.returncode != 0 and "pglakebase" not in done.stderr
        # Not even where an administrator gave up on passwords.
        done = running.sql("postgres", *foreign(lakebase, ", password_required 'false'"))
        assert done.returncode != 0 and tokens_sent(lakebase) == []
        assert list((place / "cache").iterdir()) == []
    finally:
        running.stop()


def test_only_named_services_are_served(place: Path, lakebase: LocalLakebase, secret_watch) -> None:
    running = start(place, lakebase, secret_watch, PGLAKEBASE_SERVER="nothing, svc")
    try:
        # The host of that service is that service.
        assert_nothing_lent(running, lakebase, besides="trusted dblink")
        done = running.sql("app", "select dblink_connect_u('service=svc')",
                           "select * from dblink('select current_user::text') as t(x text)")
        assert (done.returncode, done.stdout) == (0, f"OK\n{APP}\n"), done.stderr
        assert len(tokens_sent(lakebase)) == 1
    finally:
        running.stop()


def test_server_under_another_name(place: Path, lakebase: LocalLakebase, build: Path, probes: Path) -> None:
    """What makes a server is not the name of its file: the PostgreSQL of a vendor may have another."""
    environment = {"LD_PRELOAD": str(place / "shim/libpglakebase.so"), "HOME": "/nonexistent", "PATH": "/usr/bin:/bin",
                   "PGLAKEBASE_CACHE_DIR": str(place / "none")}
    done = subprocess.run([probes / "hosts" / "renamed_server", "plain", where(lakebase)], env=environment,
                          capture_output=True, text=True, timeout=60, check=True)
    assert "pglakebase" not in done.stdout and "no password supplied" in done.stdout, shlex.join([done.stdout])
