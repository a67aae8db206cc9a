"""A token for one endpoint or instance, a host of another: said when the server refuses the login, and asked for only then."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import command, helper
from support.client import Client
from support.waiting import wait_until

from .hosts import running
from .test_login_troubles import WAYS, unquoted

ENDPOINT = "GET /api/2.0/postgres/projects/{project}/branches/{branch}/endpoints/{endpoint}"
INSTANCE = "GET /api/2.0/database/instances/{name}"
PRIMARY = "projects/shop/branches/production/endpoints/primary"
DEV = "projects/shop/branches/dev/endpoints/primary"
SECOND = "projects/second/branches/production/endpoints/primary"
REFUSED = "External authorization failed"
GENERIC = "Databricks did not admit the login"

ANOTHER_WORKSPACE = "another workspace's host"


@pytest.fixture(autouse=True)
def nobody_looks_any_more(build: Path) -> Iterator[None]:
    """What still looks when its test is over would count in the next one."""
    yield
    assert wait_until(lambda: running(helper(build)) == [], 20)


def looks(lakebase: LocalLakebase) -> int:
    return sum(lakebase.calls(route, workspace) for route in (ENDPOINT, INSTANCE) for workspace in ("demo", "second"))


def error_of(client: Client, service: str = "orders", **env: str) -> str:
    done = client.psql(f"service={service}", "-w", env=env)
    assert done.code == 2, done
    return done.error


# The service's settings and its host; the server's words; ours.
SITUATIONS = {
    "another branch's endpoint": (
        ("profile=DEMO", f"endpoint={DEV}"), "demo", "user=nobody", 'role "nobody" does not exist',
        f"the host {inventory.HOSTS['demo']} is that of the endpoint {PRIMARY} and not of the endpoint {DEV} (from directive "
        f"endpoint); set endpoint={PRIMARY} (LAKEBASE_ENDPOINT), or connect to {inventory.HOSTS['dev']}"),
    "another workspace's host": (
        ("profile=SECOND", f"endpoint={SECOND}"), "demo", "", REFUSED,
        f"the host {inventory.HOSTS['demo']} is not that of the endpoint {SECOND} (from directive endpoint), nor of "
        "anything else that this identity sees in {second} (from host of profile SECOND in {config}); connect to its own host, "
        f"{inventory.HOSTS['second']}, or set the workspace and the endpoint that the host belongs to"),
    "another instance": (
        ("profile=DEMO", "instance=orders-azure"), "provisioned", "user=nobody", 'password authentication failed for user "nobody"',
        f"the host {inventory.HOSTS['provisioned']} is that of the instance orders-db and not of the instance orders-azure (from "
        "directive instance); set instance=orders-db (LAKEBASE_INSTANCE_NAME), or connect to "
        f"{inventory.HOSTS['provisioned-azure']}"),
    "another workspace's instance": (
        ("profile=SECOND", "instance=second-db"), "provisioned", "", "Failed to decode token for role",
        f"the host {inventory.HOSTS['provisioned']} is not that of the instance second-db (from directive instance), nor of "
        "anything else that this identity sees in {second} (from host of profile SECOND in {config}); connect to its own host, "
        f"{inventory.HOSTS['second-provisioned']}, or set the workspace and the instance that the host belongs to"),
}


def remedy_of(situation: str, lakebase: LocalLakebase) -> str:
    return SITUATIONS[situation][4].replace("{second}", lakebase.workspace("second")["url"]).replace(
        "{config}", str(lakebase.directory / "databrickscfg"))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_psql_says_it(client: Client, lakebase: LocalLakebase, situation: str) -> None:
    """With the first token as with one from the cache; looked up once."""
    directives, host, settings, words, _ = SITUATIONS[situation]
    client.service("orders", *directives, host=host)
    for _ in range(2):
        theirs, _, ours = error_of(client, f"orders {settings}").partition("\npglakebase: ")
        assert words in theirs
        assert ours == remedy_of(situation, lakebase)
    assert looks(lakebase) == 1


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_connecting(client: Client, lakebase: LocalLakebase, probes: Path, way: str) -> None:
    client.service("orders", "profile=SECOND", f"endpoint={SECOND}")
    *options, function = WAYS[way]
    values = client.run(probes / "connect_probe", *options, function, "service=orders").ok().values
    assert unquoted(values["error"]).endswith(f"\npglakebase: {remedy_of(ANOTHER_WORKSPACE, lakebase)}\n")
    assert looks(lakebase) == 1


def test_named_by_the_environment(client: Client) -> None:
    done = client.psql(client.direct(user="nobody"), "-w", env={"DATABRICKS_CONFIG_PROFILE": "DEMO", "LAKEBASE_ENDPOINT": DEV})
    assert f"(from LAKEBASE_ENDPOINT); set endpoint={PRIMARY} (LAKEBASE_ENDPOINT)" in done.error


def test_an_instance_that_an_endpoint_stands_behind(client: Client) -> None:
    """Its DNS name is an endpoint's, which is right; and another's is said to be an endpoint's."""
    client.service("orders", "profile=DEMO", "instance=migrated-db", host="migrated")
    assert "this database's project has no such role" in error_of(client, "orders user=nobody")
    client.service("other", "profile=DEMO", "instance=migrated-db", host="demo")
    assert f"is that of the endpoint {PRIMARY} and not of the instance migrated-db" in error_of(client, "other user=nobody")


@pytest.mark.parametrize("directives, host", [
    ((f"endpoint={PRIMARY}",), "demo"), (("instance=orders-db",), "provisioned"), (("instance=orders-db",), "provisioned-ro"),
    (("instance=migrated-db",), "migrated")])
def test_what_belongs_together_is_not_spoken_of(client: Client, lakebase: LocalLakebase, directives: tuple[str, ...],
                                                 host: str) -> None:
    client.service("orders", "profile=DEMO", *directives, host=host)
    client.psql("service=orders").ok()
    assert looks(lakebase) == 0
    for _ in range(3):
        assert "databricks_create_role" in error_of(client, "orders user=nobody")
    assert looks(lakebase) == 1


def test_a_host_that_was_looked_up_is_not_looked_up_again(client: Client, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=DEMO")
    client.psql("service=orders").ok()
    lakebase.forget()
    assert "this database's project has no such role" in error_of(client, "orders user=nobody")
    assert looks(lakebase) == 0


@pytest.mark.parametrize("words", ["External authorization failed", "something else"])
def test_another_endpoints_host_of_the_same_workspace_is_let_in_or_explained(client: Client, lakebase: LocalLakebase,
                                                                             words: str) -> None:
    client.service("orders", "profile=DEMO", f"endpoint={DEV}")
    client.psql("service=orders").ok()
    assert looks(lakebase) == 0
    lakebase.fault("gateway", "reject", message=words, sqlstate="28000")
    theirs, _, ours = error_of(client).partition("\npglakebase: ")
    assert words in theirs and ours.startswith(f"the host {inventory.HOSTS['demo']} is that of the endpoint {PRIMARY}")


@pytest.mark.parametrize("sqlstate, words", [("3D000", 'database "x" does not exist'), ("42501", "permission denied for database"),
                                             ("08P01", "SASL authentication failed"), ("53300", "too many connections")])
def test_other_refusals_give_no_reason_to_look(client: Client, lakebase: LocalLakebase, sqlstate: str, words: str) -> None:
    client.service("orders", "profile=SECOND", f"endpoint={SECOND}")
    lakebase.fault("gateway", "reject", message=words, sqlstate=sqlstate)
    assert "pglakebase: the host ep-" not in error_of(client)
    assert looks(lakebase) == 0


@pytest.mark.parametrize("kind, options", [
    ("status", {"status": 403}), ("status", {"status": 404}), ("status", {"status": 429, "retry_after": 60}),
    ("status", {"status": 500}), ("reset", {}), ("garbage", {}), ("null", {}), ("html", {}),
    ("missing_field", {"field": "status"}), ("null_field", {"field": "status"}), ("wrong_types", {})])
def test_a_workspace_that_does_not_say(client: Client, lakebase: LocalLakebase, kind: str, options: dict) -> None:
    """What was said without it stays, and the next connection is as it was."""
    client.service("orders", "profile=SECOND", f"endpoint={SECOND}")
    lakebase.fault("api", kind, ENDPOINT, workspace="second", **options)
    theirs, _, ours = error_of(client).partition("\npglakebase: ")
    assert theirs.endswith(REFUSED) and ours.startswith(GENERIC)
    client.service("good", "profile=SECOND", f"endpoint={SECOND}", host="second")
    client.psql("service=good").ok()


def test_an_owner_that_cannot_be_found_out(client: Client, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=DEMO", f"endpoint={DEV}")
    lakebase.fault("api", "status", "GET /api/2.0/postgres/projects/{project}/branches", status=403)
    lakebase.fault("api", "status", "GET /api/2.0/postgres/projects", status=403)
    assert error_of(client, "orders user=nobody").endswith(
        f"pglakebase: the host {inventory.HOSTS['demo']} is not that of the endpoint {DEV} (from directive endpoint); connect to "
        f"its own host, {inventory.HOSTS['dev']}, or set the endpoint that the host belongs to")


def test_a_name_of_ones_own_may_lead_anywhere(client: Client, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=DEMO", "instance=orders-azure", "tls=require", host="127.0.0.1", port="provisioned",
                   user="nobody")
    assert "Lakebase refused the token" in error_of(client)
    assert looks(lakebase) == 0


def test_a_native_password_is_for_no_endpoint(client: Client, lakebase: LocalLakebase, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("plain-h7Kw3")
    client.service("orders", f"native_password=file:{tmp_path}/password", f"endpoint={DEV}", "profile=DEMO", user=inventory.APP.name)
    assert "the role takes tokens and no passwords" in error_of(client)
    assert looks(lakebase) == 0


def test_a_slow_workspace_is_not_waited_for_long(client: Client, lakebase: LocalLakebase) -> None:
    """Who comes later is told what was found out meanwhile."""
    client.service("orders", "profile=SECOND", f"endpoint={SECOND}")
    lakebase.fault("api", "delay", ENDPOINT, workspace="second", seconds=4, times=1)
    begun = time.monotonic()
    assert GENERIC in error_of(client)
    assert time.monotonic() - begun < 4
    assert wait_until(lambda: "is not that of the endpoint" in error_of(client), 20)
    assert looks(lakebase) == 1


def test_many_at_once_look_once(client: Client, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=SECOND", f"endpoint={SECOND}")
    running = [client.start("/usr/lib/postgresql/15/bin/psql", "-Xwc", "select 1", "service=orders") for _ in range(12)]
    errors = [process.communicate(timeout=60)[1].decode() for process in running]
    assert all(REFUSED in error for error in errors) and any("is not that of" in error for error in errors)
    assert looks(lakebase) == 1


def test_status_and_forget(client: Client, lakebase: LocalLakebase, build: Path) -> None:
    client.service("orders", "profile=SECOND", f"endpoint={SECOND}")
    error_of(client)
    tool = command(build)
    assert "wrong host    the host" in client.run(tool, "status", preload=False).ok().text
    entry = json.loads(client.run(tool, "status", "--json", preload=False).ok().text)["entries"][0]
    assert entry["wrong_host"]["sentence"] == remedy_of(ANOTHER_WORKSPACE, lakebase) and entry["state"] == "fresh"
    client.run(tool, "forget", "orders", preload=False).ok()
    assert "wrong host" not in client.run(tool, "status", preload=False).ok().text
    error_of(client)
    assert looks(lakebase) == 2
