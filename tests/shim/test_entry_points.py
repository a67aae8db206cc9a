"""Every function that connects, with every kind of argument, gives a connection as the right user."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.calls import CALLS
from support.client import Client, Outcome
from support.gateway_log import assert_safe_logins

APP = inventory.APP.name
GROUP = inventory.GROUP_ROLE  # a role that the app may log in as, too
DATABASE = inventory.DATABASE


@pytest.fixture
def named(client: Client) -> Client:
    """The service "orders" is there, and who we are."""
    client.service("orders", "endpoint=projects/shop/branches/production/endpoints/primary")
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    return client


@pytest.fixture
def probe(named: Client, probes: Path):
    def run(*argv: str, env: "dict[str, str | None] | None" = None) -> Outcome:
        return named.run(probes / "connect_probe", *argv, env=env).ok()

    return run


@pytest.mark.parametrize("name", CALLS)
def test_connects(probe, lakebase: LocalLakebase, name: str) -> None:
    argv, env = CALLS[name]
    places = {"host": lakebase.hosts["demo"], "port": str(lakebase.ports["gateway"])}
    values = probe(*(word.format(**places) for word in argv), env=dict(env)).values
    assert (values["status"], values["error"]) == ("ok", "")
    assert (values["user"], values["current_user"]) == (APP, APP)
    assert (values["db"], values["current_database"]) == (DATABASE, DATABASE)
    assert (values["sslmode"], values["gssencmode"], values["tls"]) == ("verify-full", "disable", "1")
    assert (values["sigchld"], values["children"], values["used_password"]) == ("0", "0", "1")
    [login] = assert_safe_logins(lakebase)
    assert login["password_sha256"] == values["password_sha256"]


@pytest.mark.parametrize("way", ["connectdb", "start"])
@pytest.mark.parametrize("reset", ["--reset", "--reset-start"])
def test_resets(probe, lakebase: LocalLakebase, way: str, reset: str) -> None:
    values = probe(reset, way, "service=orders").values
    assert (values["status"], values["current_user"]) == ("ok", APP)
    assert [login["result"] for login in assert_safe_logins(lakebase)] == ["ok", "ok"]


def test_many_connections_in_one_process(probe, lakebase: LocalLakebase) -> None:
    done = probe("--times", "100", "connectdb", "service=orders")
    assert done.out.count(b"current_user=" + APP.encode()) == 100
    assert len(assert_safe_logins(lakebase)) == 100


def test_many_keywords(probe, lakebase: LocalLakebase) -> None:
    words = [f"application_name=name{i}" for i in range(500)]
    values = probe("params", "0", *words, "service=orders", "options=-c search_path=shop").values
    assert values["application_name"] == "name499"
    [login] = assert_safe_logins(lakebase)
    assert (login["application_name"], login["options"]) == ("name499", "-c search_path=shop")


def test_dbname_is_a_mere_name_without_expansion(probe, lakebase: LocalLakebase) -> None:
    values = probe("params", "0", f"host={lakebase.hosts['demo']}", "hostaddr=127.0.0.1",
                   f"port={lakebase.ports['gateway']}", "dbname=service=orders").values
    assert values["status"] == "bad"
    assert [c["database"] for c in assert_safe_logins(lakebase)] == ["service=orders"]


# Who and where, given in each of the places: what is given stands.
GIVEN = {
    "call": (["connectdb", "service=orders user={user} dbname={db}"], {}, {}),
    "arrays": (["params", "0", "user={user}", "dbname={db}", "service=orders"], {}, {}),
    "uri": (["connectdb", "postgres://{user}@/{db}?service=orders"], {}, {}),
    "login": (["login", *["NULL"] * 4, "service=orders dbname={db}", "{user}", "NULL"], {}, {}),
    "environment": (["connectdb", "service=orders"], {"PGUSER": "{user}", "PGDATABASE": "{db}"}, {}),
    "section": (["connectdb", "service=filled"], {}, {"user": "{user}", "dbname": "{db}"}),
    "call over section": (["connectdb", "service=filled user={user} dbname={db}"], {},
                          {"user": "nobody", "dbname": "nowhere"}),
}


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("user, db", [(GROUP, "postgres"), (APP, "template1")])
def test_given_user_and_database_stand(probe, named: Client, name: str, user: str, db: str) -> None:
    argv, env, section = GIVEN[name]

    def fill(word: str) -> str:
        return word.format(user=user, db=db)

    named.service("filled", **{key: fill(value) for key, value in section.items()})
    values = probe(*map(fill, argv), env={key: fill(value) for key, value in env.items()}).values
    assert (values["status"], values["error"]) == ("ok", "")
    assert (values["user"], values["current_user"]) == (user, user)
    assert (values["db"], values["current_database"]) == (db, db)


@pytest.mark.parametrize("env", [{"PGUSER": GROUP}, {"PGDATABASE": "postgres"}, {"PGUSER": "", "PGDATABASE": ""}])
def test_only_what_is_missing_is_filled_in(probe, env: dict[str, str]) -> None:
    values = probe("connectdb", "service=orders", env=env).values
    assert values["current_user"] == (env.get("PGUSER") or APP)
    # libpq itself takes the user's name for the database's where only a user is given.
    assert values["current_database"] == (env.get("PGDATABASE") or DATABASE)


def test_a_user_named_like_the_system_s_is_still_given(probe, lakebase: LocalLakebase) -> None:
    """Only who gives no user gets ours: "root" may be meant."""
    for argv in (["connectdb", "service=orders user=root"], ["params", "0", "user=root", "service=orders"]):
        assert probe(*argv).values["status"] == "bad"
    assert [c["user"] for c in assert_safe_logins(lakebase)] == ["root"] * len(assert_safe_logins(lakebase))


def test_errors_are_libpq_s_own(probe) -> None:
    """What libpq refuses before any connection is told in its own words."""
    for argv in (["connectdb", "service=orders nonsense=1"], ["connectdb", "service=nowhere"], ["connectdb", "a"],
                 ["params", "0", "service=orders", "sslmode=nonsense"], ["connectdb", "postgres://[::1"]):
        ours = probe(*argv).values
        plain = probe(*argv, env={"PGLAKEBASE": "off"}).values
        assert ours["status"] == "bad"
        assert ours["error"] == plain["error"] != ""
