"""ttl, claims and group of a service: as the API has them, and what comes of it."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from lakebase.client import LocalLakebase
from support.client import Client, Outcome
from support.records import CachedCredential

from .conftest import APP, BATCH, DEV, Users

ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"
GROUP = "data-engineers"
CLAIMS = '[{"permission_set":"READ_ONLY","resources":[{"table_name":"main.shop.orders"}]}]'


def connect(client: Client, *directives: str, token: str | None = None, host: str = "demo") -> Outcome:
    client.service("orders", *directives, "on_behalf_of=allowed", host=host)
    return client.psql("service=orders", "-w", env={"PGPASSWORD": token} if token else {})


def token_claims(client: Client) -> dict[str, Any]:
    payload = CachedCredential(client.cache).fields["token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def life(client: Client) -> float:
    return int(CachedCredential(client.cache).fields["expires_ms"]) / 1000 - time.time()


@pytest.mark.parametrize("exchanged", [False, True])
def test_ttl(client: Client, users: Users, exchanged: bool) -> None:
    done = connect(client, ENDPOINT, "ttl=900", token=users.pat(DEV) if exchanged else None)
    assert done.ok().text == (DEV if exchanged else APP)
    assert 700 < life(client) < 910


@pytest.mark.parametrize("ttl", ["10", "7200"])
def test_a_ttl_that_the_api_refuses(client: Client, ttl: str) -> None:
    done = connect(client, ENDPOINT, f"ttl={ttl}")
    assert done.code == 2 and "and the ttl (from directive ttl), 300 to 3600 seconds" in done.error


@pytest.mark.parametrize("place", [(ENDPOINT,), ("instance=orders-db",)], ids=["endpoint", "instance"])
def test_claims(client: Client, place: tuple[str, ...]) -> None:
    host = "demo" if place == (ENDPOINT,) else "provisioned"
    assert connect(client, *place, f"claims={CLAIMS}", host=host).ok().text == APP
    assert token_claims(client)["claims"] == json.loads(CLAIMS)


def test_claims_that_the_api_refuses(client: Client) -> None:
    assert connect(client, ENDPOINT, 'claims=[{"permission_set":"EVERYTHING"}]').code == 2


@pytest.mark.parametrize("exchanged", [False, True])
def test_group(client: Client, users: Users, exchanged: bool) -> None:
    """The session is the group's role, for a member."""
    assert connect(client, ENDPOINT, f"group={GROUP}", token=users.pat(DEV) if exchanged else None).ok().text == GROUP
    assert token_claims(client)["group"] == GROUP
    assert token_claims(client)["sub"] == (DEV if exchanged else APP)


def test_a_credential_for_the_group_opens_no_other_role(client: Client) -> None:
    client.service("orders", ENDPOINT, f"group={GROUP}")
    done = client.psql(f"service=orders user={APP}", "-w")
    assert done.code == 2 and "did not match the security label" in done.error


def test_who_is_no_member_gets_none(client: Client, users: Users) -> None:
    done = connect(client, ENDPOINT, f"group={GROUP}", token=users.pat(BATCH))
    assert done.code == 2 and "HTTP 403" in done.error


def test_a_provisioned_instance_knows_no_groups_but_their_roles(client: Client) -> None:
    """Its API has no such field; a member logs in as the group's role all the same."""
    assert connect(client, "instance=orders-db", f"group={GROUP}", host="provisioned").ok().text == GROUP
    assert "group" not in token_claims(client)


def test_each_of_them_is_another_entry(client: Client, lakebase: LocalLakebase) -> None:
    for number, directives in enumerate([(), ("ttl=900",), (f"claims={CLAIMS}",), (f"group={GROUP}",)]):
        client.service(f"s{number}", ENDPOINT, *directives)
        client.psql(f"service=s{number}", "-w").ok()
    assert lakebase.calls("POST /api/2.0/postgres/credentials") == 4
    assert len(list(client.cache.glob("credential-*"))) == 4


def test_it_ends_with_the_user_s_token(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """An hour was asked for and granted, but the user's token ends before."""
    token = users.oauth(DEV, lifetime=600)
    assert connect(client, ENDPOINT, token=token).ok().text == DEV
    assert 400 < life(client) < 610


def test_an_ended_token_opens_nothing_by_the_cache(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """The credential that was made from it would live on."""
    token = users.oauth(DEV, lifetime=3)
    assert connect(client, ENDPOINT, token=token).ok().text == DEV
    end = time.time() + 4.5
    while time.time() < end:
        time.sleep(0.1)
    done = client.psql("service=orders", "-w", env={"PGPASSWORD": token})
    assert done.code == 2 and "did not accept the user token" in done.error
