"""PostgreSQL's own programs reach a Lakebase in every way that names one."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import PGBIN, Client
from support.gateway_log import assert_safe_logins

APP = inventory.APP.name
ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"
DIRECTIVES = ("profile=DEMO", ENDPOINT)

Way = tuple["str | None", dict[str, str]]


def by_service(client: Client) -> Way:
    client.service("orders", *DIRECTIVES)
    return "service=orders", {}


def by_service_and_database(client: Client) -> Way:
    client.service("orders", *DIRECTIVES, dbname="template1")
    return "service=orders dbname=databricks_postgres", {}


def by_pgservice(client: Client) -> Way:
    client.service("orders", *DIRECTIVES)
    return None, {"PGSERVICE": "orders"}


def by_pgservicefile(client: Client) -> Way:
    file = client.service("orders", *DIRECTIVES, file=client.home / "elsewhere.conf")
    return "service=orders", {"PGSERVICEFILE": str(file)}


def by_pgsysconfdir(client: Client) -> Way:
    file = client.service("orders", *DIRECTIVES, file=client.home / "pg_service.conf")
    return "service=orders", {"PGSYSCONFDIR": str(file.parent)}


def by_uri_with_service(client: Client) -> Way:
    client.service("orders", *DIRECTIVES)
    return "postgresql:///?service=orders", {}


def by_uri(client: Client) -> Way:
    host, port = client.lakebase.hosts["demo"], client.lakebase.ports["gateway"]
    return (f"postgres://{host}:{port}/databricks_postgres?hostaddr=127.0.0.1",
            {"DATABRICKS_CONFIG_PROFILE": "DEMO", "LAKEBASE_ENDPOINT": ENDPOINT.partition("=")[2]})


def by_conninfo(client: Client) -> Way:
    return client.direct(), {"DATABRICKS_CONFIG_PROFILE": "DEMO"}


def by_environment(client: Client) -> Way:
    return None, {"PGHOST": client.lakebase.hosts["demo"], "PGHOSTADDR": "127.0.0.1",
                  "PGPORT": str(client.lakebase.ports["gateway"]), "DATABRICKS_CONFIG_PROFILE": "DEMO"}


def by_hard_coded_host(client: Client) -> Way:
    """The program knows the host alone; a section that nobody names has the rest."""
    client.service("orders", *DIRECTIVES)
    return client.direct(), {}


WAYS: list[Callable[[Client], Way]] = [
    by_service, by_service_and_database, by_pgservice, by_pgservicefile, by_pgsysconfdir, by_uri_with_service, by_uri,
    by_conninfo, by_environment, by_hard_coded_host,
]


def connected(client: Client, user: str = APP) -> None:
    """Every login was this user's, to the right database, over verified TLS."""
    for login in assert_safe_logins(client.lakebase):
        assert (login["user"], login["database"], login["result"]) == (user, "databricks_postgres", "ok"), login


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_psql(client: Client, way: Callable[[Client], Way]) -> None:
    conninfo, env = way(client)
    sql = "select current_user, current_database(), inet_server_port() is null"
    done = client.psql(conninfo, "-w", sql=sql, env=env).ok()
    assert done.text == f"{APP}|databricks_postgres|t"
    assert done.err == b""
    connected(client)
    assert len(client.lakebase.connections()) == 1


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_pg_dump(client: Client, way: Callable[[Client], Way]) -> None:
    conninfo, env = way(client)
    named = [] if conninfo is None else ["-d", conninfo]
    done = client.run(PGBIN / "pg_dump", "-w", "--schema-only", "-n", "public", *named, env=env).ok()
    assert b"PostgreSQL database dump complete" in done.out
    connected(client)


@pytest.mark.parametrize("way", [by_service, by_pgservice, by_environment, by_uri], ids=lambda way: way.__name__)
def test_pgbench(client: Client, way: Callable[[Client], Way]) -> None:
    """-i builds its tables; -C logs in anew for every transaction."""
    conninfo, env = way(client)
    # Without a name pgbench itself asks for the database of the user's name.
    env["PGDATABASE"] = inventory.DATABASE
    named = [] if conninfo is None else [conninfo]
    client.run(PGBIN / "pgbench", "-i", "-q", *named, env=env).ok()
    done = client.run(PGBIN / "pgbench", "-n", "-C", "-c", "2", "-t", "4", *named, env=env).ok()
    assert b"number of transactions actually processed: 8/8" in done.out
    connected(client)
    assert len(client.lakebase.connections()) >= 10
    client.psql(conninfo, sql="drop table pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers",
                env=env).ok()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_pg_isready(client: Client, way: Callable[[Client], Way]) -> None:
    """Asks without logging in: no token is needed, nor fetched."""
    conninfo, env = way(client)
    named = [] if conninfo is None else ["-d", conninfo]
    done = client.run(PGBIN / "pg_isready", *named, env=env).ok()
    assert done.text.endswith("accepting connections")
    assert not client.cache.exists()


def test_pg_isready_where_nobody_listens(client: Client) -> None:
    assert client.run(PGBIN / "pg_isready", "-t", "2", "-d", client.direct() + " port=1").code == 2
    assert not client.cache.exists()


def test_psql_with_host_option(client: Client, lakebase: LocalLakebase) -> None:
    done = client.run(PGBIN / "psql", "-XAtw", "-h", lakebase.hosts["demo"], "-p", lakebase.ports["gateway"], "-c",
                      "select current_user", "databricks_postgres",
                      env={"PGHOSTADDR": "127.0.0.1", "DATABRICKS_CONFIG_PROFILE": "DEMO"}).ok()
    assert done.text == APP
    connected(client)


def test_case_of_the_host_does_not_matter(client: Client, lakebase: LocalLakebase) -> None:
    host = lakebase.hosts["demo"].upper()
    assert client.psql(client.direct(host=host), env={"DATABRICKS_CONFIG_PROFILE": "DEMO"}).ok().text == APP
    assert [c["result"] for c in lakebase.connections()] == ["ok"]


def test_absolute_name(client: Client, lakebase: LocalLakebase) -> None:
    """With the dot that keeps resolvers from trying search domains; no certificate has it."""
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    assert client.psql(client.direct(lakebase.hosts["demo"] + ".")).ok().text == APP


def test_name_resolved_by_the_system(client: Client, lakebase: LocalLakebase, tmp_path: Path) -> None:
    """No hostaddr anywhere: in a mount namespace with an /etc/hosts of its own."""
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {lakebase.hosts['demo']}\n")
    enter = ["unshare", "--mount", "sh", "-c", f"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh"]
    done = client.run(PGBIN / "psql", "-XAtw", "-c", "select current_user",
                      f"host={lakebase.hosts['demo']} port={lakebase.ports['gateway']}",
                      prefix=enter, env={"DATABRICKS_CONFIG_PROFILE": "DEMO"}).ok()
    assert done.text == APP
    connected(client)


@pytest.mark.parametrize("host", ["provisioned", "azure", "provisioned-azure"])
def test_other_products(client: Client, host: str) -> None:
    """Without any endpoint or instance named."""
    done = client.psql(client.direct(host=host), "-w", env={"DATABRICKS_CONFIG_PROFILE": "DEMO"}).ok()
    assert done.text == APP
    assert_safe_logins(client.lakebase, host)


def test_password_is_the_token_issued(client: Client, lakebase: LocalLakebase) -> None:
    """What the cache holds is what the gateway got, and nothing else was tried."""
    client.service("orders", *DIRECTIVES)
    for _ in range(3):
        client.psql("service=orders").ok()
    [record] = [file.read_text() for file in client.cache.glob("credential-*")]
    token = dict(line.split("=", 1) for line in record.splitlines())["token"]
    assert {c["password_sha256"] for c in assert_safe_logins(lakebase)} == {hashlib.sha256(token.encode()).hexdigest()}
    assert len(lakebase.connections()) == 3


def test_psql_keeps_its_own_exit_code_and_output(client: Client) -> None:
    client.service("orders", *DIRECTIVES)
    assert client.psql("service=orders", sql="select 1/0").code == 1
    assert client.run(PGBIN / "psql", "-XAt", "service=orders", input=b"select 1;\n\\q\n").ok().out == b"1\n"


def test_nothing_of_ours_stays_behind(client: Client) -> None:
    """When psql has ended, so has everything that it started."""
    client.service("orders", *DIRECTIVES)
    client.psql("service=orders").ok()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(client.library.parent.parent) + "/cli/pglakebase-fetch" not in listed
