"""A PostgreSQL server whose administrator's environment has the library and credentials."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from lakebase.cluster import Cluster
from support.build import build_options, helper, library
from support.client import PGBIN

APP = inventory.APP.name
ENDPOINTS = "projects/shop/branches/production/endpoints"


class PreloadedServer(Cluster):
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
        """In one session; ends at the first error."""
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
def server_place(build: Path, server: LocalLakebase) -> Iterator[Path]:
    """The product and its settings where the server's user can read them: the services svc and other."""
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
        f"[{name}]\nhost={server.hosts[host]}\nhostaddr=127.0.0.1\nport={port}\n#lakebase: endpoint={ENDPOINTS}/{endpoint}\n"
        for name, host, endpoint in (("svc", "demo", "primary"), ("other", "readonly", "readonly"))))
    owned(directory / "cache")
    yield directory
    shutil.rmtree(directory)


@contextmanager
def preloaded_server(place: Path, lakebase: LocalLakebase, secret_watch, **more: str) -> Iterator[PreloadedServer]:
    """With the role app, who may make foreign servers, and whom the superuser lets connect by dblink_connect_u."""
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
    try:
        done = running.sql("postgres", "create extension dblink", "create extension postgres_fdw", "create role app login",
                           "grant usage on foreign data wrapper postgres_fdw to app", "grant create on schema public to app",
                           "grant execute on function dblink_connect_u(text) to app")
        assert done.returncode == 0, done.stderr
        yield running
    finally:
        running.stop()


def where(lakebase: LocalLakebase, **more: str) -> str:
    return " ".join(f"{k}={v}" for k, v in {"host": lakebase.hosts["demo"], "hostaddr": "127.0.0.1",
                                            "port": lakebase.ports["gateway"], "user": APP,
                                            "dbname": inventory.DATABASE, "sslmode": "require", **more}.items())


def tokens_sent(lakebase: LocalLakebase) -> list[dict[str, object]]:
    return [c for c in lakebase.connections() if c["password_kind"] == "jwt"]
