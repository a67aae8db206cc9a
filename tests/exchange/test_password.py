"""A PAT or a user's OAuth token as the password is exchanged; the session is that user's and nobody else's."""

from __future__ import annotations

import pytest

from lakebase.client import LocalLakebase
from support.client import Client, Outcome
from support.gateway_log import assert_safe_logins

from .conftest import APP, BATCH, DEV, SAM, Users

ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
ME = "GET /api/2.0/preview/scim/v2/Me"
TOKEN = "POST /oidc/v1/token"

PERSONS = [DEV, APP, BATCH]


def psql(client: Client, token: str, conninfo: str | None = None, **more: object) -> Outcome:
    return client.psql(conninfo or client.direct(), "-w", env={"PGPASSWORD": token}, **more)


@pytest.mark.parametrize("kind", ["pat", "oauth"])
def test_each_user_is_who_the_token_says(client: Client, users: Users, lakebase: LocalLakebase, kind: str) -> None:
    """All in one cache, cold and warm, in turn; the app's own environment makes nobody the app."""
    tokens = {user: users.pat(user) if kind == "pat" else users.oauth(user) for user in PERSONS}
    for user in [*PERSONS, *reversed(PERSONS), DEV, APP]:
        done = psql(client, tokens[user])
        assert (done.code, done.text, done.error) == (0, user, "")
    assert {login["user"] for login in assert_safe_logins(lakebase)} == set(PERSONS)
    assert lakebase.calls(CREDENTIALS) == lakebase.calls(ME) == len(PERSONS)
    assert lakebase.calls(TOKEN) == 0


def test_the_mistake_of_many(client: Client, users: Users) -> None:
    """A PAT with the user's own name, no service, a Provisioned instance: "Failed to decode token" until now."""
    done = psql(client, users.pat(DEV), client.direct("provisioned", user=DEV, dbname="databricks_postgres"))
    assert (done.code, done.text, done.error) == (0, DEV, "")


@pytest.mark.parametrize("way", ["call", "uri", "PGPASSWORD", "passfile", "PGPASSFILE", "service"])
def test_wherever_the_password_stands(client: Client, users: Users, secret_watch, way: str) -> None:
    token = users.pat(DEV)
    env: dict[str, str | None] = {}
    conninfo = client.direct()
    if way == "PGPASSWORD":
        env["PGPASSWORD"] = token
    elif way == "passfile":
        conninfo += f" passfile={users.passfile(token)}"
    elif way == "PGPASSFILE":
        env["PGPASSFILE"] = users.passfile(token)
    elif way == "service":
        client.service("orders", password=token)
        conninfo = "service=orders"
    with secret_watch.permitted():
        if way == "call":
            conninfo += f" password={token}"
        if way == "uri":
            host = client.lakebase.hosts["demo"]
            conninfo = f"postgresql://:{token}@{host}:{client.lakebase.ports['gateway']}/?hostaddr=127.0.0.1"
        done = client.psql(conninfo, "-w", env=env)
    assert (done.code, done.text, done.error) == (0, DEV, "")


def test_the_app_in_pguser_is_not_the_users_name(client: Client, users: Users) -> None:
    client.env["PGUSER"] = APP
    assert psql(client, users.pat(DEV)).ok().text == DEV
    # Passed on by the program, it is no other.
    assert psql(client, users.pat(DEV), client.direct(user=APP)).ok().text == DEV
    # Without a user's token it is as before.
    assert client.psql(client.direct(), "-w").ok().text == APP


def test_a_given_user_stays(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    assert psql(client, users.pat(DEV), client.direct(user="data-engineers")).ok().text == "data-engineers"
    assert lakebase.calls(ME) == 0
    client.env["PGUSER"] = BATCH
    done = psql(client, users.pat(DEV))
    assert done.code == 2
    assert f'did not match the security label configured for role "{BATCH}"' in done.error


def test_a_stray_password_does_not_change_who_a_service_is(client: Client, users: Users) -> None:
    """The service says who signs in; only the call itself, or the service, may say otherwise."""
    client.service("orders", f"workspace={client.env['DATABRICKS_HOST']}", ENDPOINT)
    assert psql(client, users.pat(DEV), "service=orders").ok().text == APP
    client.service("theirs", "on_behalf_of=allowed", ENDPOINT, host="dev")
    assert psql(client, users.pat(DEV), "service=theirs").ok().text == DEV


def test_native_passwords_are_left_alone(client: Client, lakebase: LocalLakebase, users: Users) -> None:
    password = lakebase.passwords["native_user"]
    lakebase.add_role("odd_user", password="dapi-is-how-mine-begins")
    for user, secret in (("native_user", password), ("odd_user", "dapi-is-how-mine-begins")):
        done = psql(client, secret, client.direct(user=user, dbname="databricks_postgres", sslmode="require"))
        assert (done.code, done.text) == (0, user)
    assert sum(lakebase.counters()["calls"].values()) == 0


def test_a_database_credential_of_ones_own_is_left_alone(client: Client, lakebase: LocalLakebase) -> None:
    good, ended = lakebase.mint(DEV), lakebase.mint(DEV, lifetime=-5)
    conninfo = client.direct(user=DEV, dbname="databricks_postgres", sslmode="require")
    assert psql(client, good, conninfo).ok().text == DEV
    assert psql(client, ended, conninfo).code == 2
    assert sum(lakebase.counters()["calls"].values()) == 0


def test_an_oauth_token_of_few_scopes_needs_the_service_s_word(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """Its claims alone could be those of a database credential."""
    token = users.oauth(DEV, scope="postgres iam.current-user:read")
    conninfo = client.direct(dbname="databricks_postgres", user=DEV, sslmode="require")
    assert psql(client, token, conninfo).code == 2
    assert sum(lakebase.counters()["calls"].values()) == 0
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "allowed"
    assert psql(client, token).ok().text == DEV


WRONG = {
    "expired": lambda users: users.oauth(DEV, lifetime=-60),
    "another workspace's PAT": lambda users: users.pat(SAM),
    "another workspace's": lambda users: users.oauth(SAM),
    "bad signature": lambda users: users.lakebase.mint(DEV, kind="workspace", bad_signature=True),
    "nobody's PAT": lambda users: "dapi" + "0123456789abcdef" * 2,
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_tokens_are_nobody(client: Client, users: Users, lakebase: LocalLakebase, name: str) -> None:
    """Neither the app, nor whoever was here before."""
    assert psql(client, users.pat(DEV)).ok().text == DEV
    assert client.psql(client.direct(), "-w").ok().text == APP
    lakebase.forget()
    token = WRONG[name](users)
    done = psql(client, token)
    assert (done.code, done.text) == (2, "")
    assert "the workspace did not accept the user token (from the password or the program)" in done.error
    assert token not in done.error
    assert lakebase.connections() == [] or not any(c["password_received"] for c in lakebase.connections())


def test_a_revoked_oauth_token(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    token = users.oauth(DEV)
    lakebase.revoke(token)
    assert "did not accept the user token" in psql(client, token).error


def test_without_the_scope_it_is_said(client: Client, users: Users) -> None:
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    client.env["PGLAKEBASE_ENDPOINT"] = ENDPOINT.partition("=")[2]
    done = psql(client, users.oauth(DEV, scope="iam.current-user:read"))
    assert done.code == 2
    assert "ask for the scope postgres" in done.error


def test_never_to_other_hosts(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """Beside a foreign host nothing is exchanged; to a foreign host alone it is the program's own business."""
    mixed = client.direct(host=f"{lakebase.hosts['demo']},db.example.net", hostaddr="127.0.0.1,127.0.0.1")
    done = psql(client, users.pat(DEV), mixed)
    assert done.code == 2 and "mixes Lakebase hosts with others" in done.error
    assert not any(c["password_received"] for c in lakebase.connections())
    assert sum(lakebase.counters()["calls"].values()) == 0


def test_auth_native_is_left_alone(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    client.service("orders", "auth=native", user=DEV, sslmode="require", dbname="databricks_postgres")
    assert "Provided authentication token is not a valid JWT" in psql(client, users.pat(DEV), "service=orders").error
    assert sum(lakebase.counters()["calls"].values()) == 0


def test_the_cache_holds_no_token_of_a_user(client: Client, users: Users) -> None:
    pat, oauth = users.pat(DEV), users.oauth(DEV)
    for token in (pat, oauth):
        assert psql(client, token).ok().text == DEV
    files = [file for file in client.cache.iterdir() if file.is_file()]
    assert len([file for file in files if file.name.startswith("credential-")]) == 2
    for file in files:
        content = file.read_bytes()
        assert pat.encode() not in content and oauth.encode() not in content, file.name
        assert not file.name.startswith("workspace-")
