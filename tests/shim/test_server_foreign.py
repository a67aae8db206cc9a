"""dblink and postgres_fdw in a server that may use a service: a superuser's connections go on when tokens end, and nobody else's
come to be but where PostgreSQL itself lets them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase

from .preloaded_server import APP, PreloadedServer, preloaded_server, tokens_sent, where

LIFE_S = 4
# The claim counts whole seconds.
OVER = f"select pg_sleep({LIFE_S + 1.2})"
CURRENT_USER = "select * from dblink('{}', 'select current_user::text') as t(x text)"
REMOTE = "select count(*) > 0 from remote"
AGAIN = "select postgres_fdw_disconnect_all()"


@pytest.fixture(scope="module")
def running(server_place: Path, server: LocalLakebase, secret_watch) -> Iterator[PreloadedServer]:
    with preloaded_server(server_place, server, secret_watch, PGLAKEBASE_SERVER="svc") as started:
        yield started


@pytest.fixture(autouse=True)
def afterwards(running: PreloadedServer, server_place: Path) -> Iterator[None]:
    """What a test makes goes; nor does one have another's token."""
    yield
    done = running.sql("postgres", "drop owned by app", "drop server if exists lake cascade", "drop server if exists apps cascade",
                       "grant usage on foreign data wrapper postgres_fdw to app", "grant create on schema public to app",
                       "grant execute on function dblink_connect_u(text) to app")
    assert done.returncode == 0, done.stderr
    for file in (server_place / "cache").glob("*-*"):
        file.unlink()


def options(lakebase: LocalLakebase, by: str) -> str:
    if by == "service":
        return "service 'svc'"
    if by == "other service":
        return "service 'other'"
    return ", ".join("{} '{}'".format(*pair.split("=")) for pair in where(lakebase).split() if not pair.startswith("user="))


def foreign(lakebase: LocalLakebase, by: str = "service", mapping: str = "", role: str = "postgres", name: str = "lake") -> list[str]:
    """A foreign server, a mapping of `role` for it, and a table there."""
    return [f"create server {name} foreign data wrapper postgres_fdw options ({options(lakebase, by)})",
            f"create user mapping for {role} server {name} options ({mapping})" if mapping else
            f"create user mapping for {role} server {name}",
            f"create foreign table remote (rolname name) server {name} options (schema_name 'pg_catalog', table_name 'pg_roles')"]


def said(running: PreloadedServer, role: str, *statements: str) -> list[str]:
    done = running.sql(role, *statements)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def refused(running: PreloadedServer, role: str, *statements: str) -> str:
    done = running.sql(role, *statements)
    assert done.returncode != 0, done.stdout
    return done.stderr


def assert_renewed(lakebase: LocalLakebase, connections: int) -> None:
    """Each with a token of its own, all of them the identity's, none of them over."""
    sent = tokens_sent(lakebase)
    assert [(c["user"], c["result"]) for c in sent] == [(APP, "ok")] * connections
    assert len({c["password_sha256"] for c in sent}) == connections


@pytest.mark.parametrize("by", ["service", "host"])
def test_postgres_fdw_of_a_superuser(running: PreloadedServer, lakebase: LocalLakebase, by: str) -> None:
    """Without a user or a password in the mapping; in one session, and in one that begins after the token's end."""
    lakebase.set_token_lifetime(LIFE_S)
    assert said(running, "postgres", *foreign(lakebase, by), REMOTE, AGAIN, OVER, REMOTE) == ["t", "t", "t"]
    assert said(running, "postgres", OVER, REMOTE) == ["t"]
    assert_renewed(lakebase, 3)


def test_postgres_fdw_goes_on_after_a_lost_connection(running: PreloadedServer, lakebase: LocalLakebase) -> None:
    """A cached connection that broke is made anew by postgres_fdw itself."""
    lakebase.set_token_lifetime(LIFE_S)
    end = "select count(*) from dblink('service=svc', $$select pg_terminate_backend(pid) from pg_stat_activity " \
          "where application_name = 'postgres_fdw'$$) as t(x bool)"
    assert said(running, "postgres", *foreign(lakebase), REMOTE, OVER, end, REMOTE) == ["t", "1", "t"]
    assert {c["result"] for c in tokens_sent(lakebase)} == {"ok"}


def test_dblink_of_a_superuser(running: PreloadedServer, lakebase: LocalLakebase) -> None:
    """By service, by host, and by a foreign server with its mapping."""
    lakebase.set_token_lifetime(LIFE_S)
    made = said(running, "postgres", *foreign(lakebase), CURRENT_USER.format("service=svc"), OVER,
                CURRENT_USER.format(where(lakebase)), OVER, CURRENT_USER.format("lake"))
    assert [line for line in made if line] == [APP] * 3
    assert_renewed(lakebase, 3)


@pytest.mark.parametrize("by", ["service", "host"])
def test_whom_a_superuser_lets(running: PreloadedServer, lakebase: LocalLakebase, by: str) -> None:
    """password_required 'false' is the superuser's word that this role may use what the server has."""
    lakebase.set_token_lifetime(LIFE_S)
    said(running, "postgres", *foreign(lakebase, by, "password_required 'false'", role="app"), "grant select on remote to app")
    assert said(running, "app", REMOTE, AGAIN, OVER, REMOTE) == ["t", "t", "t"]
    assert_renewed(lakebase, 2)


def test_a_superuser_s_view_is_the_superuser_s(running: PreloadedServer, lakebase: LocalLakebase) -> None:
    """PostgreSQL goes by a view's owner; the table itself stays shut."""
    said(running, "postgres", *foreign(lakebase), "create view shown as select * from remote", "grant select on shown, remote to app")
    assert said(running, "app", "select count(*) > 0 from shown") == ["t"]
    assert "user mapping not found" in refused(running, "app", REMOTE)
    assert len(tokens_sent(lakebase)) == 1
    said(running, "postgres", "drop view shown")


def test_nobody_else_borrows_it(running: PreloadedServer, lakebase: LocalLakebase) -> None:
    said(running, "postgres", *foreign(lakebase), "grant usage on foreign server lake to app", "grant select on remote to app")
    for mapping in ("", "password ''", f"user '{APP}'"):
        made = f"create user mapping for app server lake options ({mapping})" if mapping else "create user mapping for app server lake"
        assert "password is required" in refused(running, "app", "begin", made, REMOTE)
    assert "password_required" in refused(running, "app", "create user mapping for app server lake options (password_required 'false')")
    # A server of one's own to the service, and any word for a password: it goes as it is.
    refused(running, "app", "begin", *foreign(lakebase, "service", "user 'guest', password 'x'", role="app", name="apps"), REMOTE)
    for call in ("select dblink_connect('lake')", CURRENT_USER.format("service=svc"), CURRENT_USER.format("service=svc password=x")):
        refused(running, "app", call)
    assert tokens_sent(lakebase) == []


def test_services_that_are_not_named(running: PreloadedServer, lakebase: LocalLakebase) -> None:
    """Not the superuser's either."""
    refused(running, "postgres", "begin", *foreign(lakebase, "other service"), REMOTE)
    refused(running, "postgres", CURRENT_USER.format("service=other"))
    assert tokens_sent(lakebase) == []
