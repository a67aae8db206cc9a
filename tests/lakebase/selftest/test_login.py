"""Who gets in, and what those hear who do not; with the real psql."""

from __future__ import annotations

import hashlib
import threading
import time

import pytest

from ..client import LocalLakebase
from ..inventory import APP, BATCH, DEV, GROUP_ROLE, GUEST, MIXED, SECOND_APP
from .http_client import Api
from .psql import psql, run_psql

FAILED_TO_DECODE = (f'FATAL:  Failed to decode token for role "{APP.name}" and native postgres login was either not '
                    "attempted due to configuration or failed.")
NOT_A_JWT = "ERROR:  Provided authentication token is not a valid JWT encoding"


@pytest.mark.parametrize("host", ["demo", "dev", "readonly", "azure", "migrated", "provisioned", "provisioned-ro",
                                  "provisioned-azure"])
def test_every_host_of_the_workspace(lakebase: LocalLakebase, host: str) -> None:
    assert psql(lakebase, APP.name, lakebase.mint(APP.name), host).out == APP.name
    login = lakebase.connections()[-1]
    assert login["sni"] == lakebase.hosts[host]
    assert login["tls"] == "TLSv1.3"
    assert login["result"] == "ok"


def test_credentials_of_both_calls_open_both_products(lakebase: LocalLakebase, api: Api) -> None:
    for token in (api.credential().json()["token"], api.instance_credential("orders-db").json()["token"]):
        for host in ("demo", "provisioned"):
            assert psql(lakebase, APP.name, token, host).out == APP.name
        seen = lakebase.connections()[-1]
        assert seen["password_sha256"] == hashlib.sha256(token.encode()).hexdigest()
        assert seen["password_over_tls"]


def test_user_with_a_pat(lakebase: LocalLakebase, api: Api) -> None:
    token = api.credential(api.pat(DEV.name)).json()["token"]
    assert psql(lakebase, DEV.name, token).out == DEV.name


def test_members_log_in_as_their_group(lakebase: LocalLakebase) -> None:
    assert psql(lakebase, GROUP_ROLE, lakebase.mint(APP.name)).out == GROUP_ROLE
    refused = psql(lakebase, GROUP_ROLE, lakebase.mint(BATCH.name))
    assert "did not match the security label" in refused.error


@pytest.mark.parametrize("password", ["garbage", "dapi0123456789abcdef0123456789abcdef", "a.b.c", "eyJ.eyJ.x"])
def test_no_token(lakebase: LocalLakebase, password: str) -> None:
    assert NOT_A_JWT in psql(lakebase, APP.name, password).error
    assert FAILED_TO_DECODE in psql(lakebase, APP.name, password, "provisioned").error
    assert lakebase.connections()[-1]["sqlstate"] == "28P01"


def test_wrong_identity(lakebase: LocalLakebase) -> None:
    for role, text in (
            (DEV.name, f"OAuth token identity '{APP.name}' did not match the security label configured for role"),
            (MIXED.name, f"OAuth token identity '{APP.name}' did not match the security label configured for role"),
            (GUEST.name, "An oauth token was supplied but no role security label was configured in postgres for role")):
        for host in ("demo", "provisioned"):
            assert f'FATAL:  {text} "{role}"' in psql(lakebase, role, lakebase.mint(APP.name), host).error


@pytest.mark.parametrize("spoil", ["expired", "revoked", "signature", "workspace-token", "other-workspace"])
def test_bad_tokens(lakebase: LocalLakebase, spoil: str) -> None:
    token = {"expired": lambda: lakebase.mint(APP.name, lifetime=-1),
             "revoked": lambda: lakebase.mint(APP.name),
             "signature": lambda: lakebase.mint(APP.name, bad_signature=True),
             "workspace-token": lambda: lakebase.mint(APP.name, kind="workspace"),
             "other-workspace": lambda: lakebase.mint(SECOND_APP.name)}[spoil]()
    if spoil == "revoked":
        lakebase.revoke(token)
    user = SECOND_APP.name if spoil == "other-workspace" else APP.name
    assert "FATAL:  External authorization failed" in psql(lakebase, user, token).error
    provisioned = psql(lakebase, user, token, "provisioned").error
    expected = "Failed to decode token" if spoil in ("signature", "other-workspace") else \
        f'password authentication failed for user "{user}"'
    assert expected in provisioned


def test_revoke_all(lakebase: LocalLakebase) -> None:
    old = lakebase.mint(APP.name)
    lakebase.revoke_all()
    assert psql(lakebase, APP.name, old).code == 2
    assert lakebase.connections()[-1]["result"] == "revoked"
    assert psql(lakebase, APP.name, lakebase.mint(APP.name)).code == 0


def test_expiry_is_checked_at_login_only(lakebase: LocalLakebase, api: Api) -> None:
    lakebase.set_token_lifetime(1)
    token = api.credential().json()["token"]
    sql = "select pg_sleep(2.2); select 'still here'"
    assert psql(lakebase, APP.name, token, sql=sql).out.endswith("still here")
    assert psql(lakebase, APP.name, token).code == 2
    assert lakebase.connections()[-1]["result"] == "expired"


def test_missing_role_and_database(lakebase: LocalLakebase) -> None:
    token = lakebase.mint(APP.name)
    assert 'FATAL:  role "nobody" does not exist' in psql(lakebase, "nobody", token).error
    assert 'password authentication failed for user "nobody"' in psql(lakebase, "nobody", token, "provisioned").error
    assert 'FATAL:  database "nope" does not exist' in psql(lakebase, APP.name, token, dbname="nope").error
    assert lakebase.connections()[-1]["sqlstate"] == "3D000"


def test_native_password(lakebase: LocalLakebase) -> None:
    password = lakebase.passwords["native_user"]
    for host in ("demo", "provisioned", "pooled"):
        assert psql(lakebase, "native_user", password, host).out == "native_user"
    assert 'password authentication failed for user "native_user"' in psql(lakebase, "native_user", "wrong").error


def test_pooler_takes_no_tokens(lakebase: LocalLakebase) -> None:
    errors = [psql(lakebase, APP.name, lakebase.mint(APP.name), "pooled").error for _ in range(6)]
    assert all("SASL authentication failed" in error for error in errors[:5])
    assert "Too many connections attempts" in errors[5]
    assert not lakebase.connections()[-1]["password_received"]


def test_computes_that_are_off(lakebase: LocalLakebase) -> None:
    off = lakebase.conninfo("demo", user=APP.name)
    disabled = off.replace(lakebase.hosts["demo"], "ep-dry-desert-99aa88bb.database.us-east-1.cloud.databricks.com")
    assert "endpoint has been disabled" in run_psql(lakebase, disabled, lakebase.mint(APP.name)).error
    stopped = off.replace(lakebase.hosts["demo"],
                          "instance-d4c3b2a1-0f9e-4d8c-b7a6-958473625140.database.cloud.databricks.com")
    assert "instance is stopped" in run_psql(lakebase, stopped, lakebase.mint(APP.name)).error


def test_settings_pass_through(lakebase: LocalLakebase) -> None:
    token = lakebase.mint(APP.name)
    shown = psql(lakebase, APP.name, token, sql="show search_path", options="-c search_path=shop",
                 application_name="till")
    assert shown.out == "shop"
    login = lakebase.connections()[-1]
    assert (login["options"], login["application_name"]) == ("-c search_path=shop", "till")
    assert "must be superuser" in psql(lakebase, APP.name, token, sql="IDENTIFY_SYSTEM", replication="true").error


def test_roles_made_by_sql(lakebase: LocalLakebase) -> None:
    owner = lakebase.mint(DEV.name)
    psql(lakebase, DEV.name, owner, sql=f'drop role "{BATCH.name}"')
    sql = ("create extension if not exists databricks_auth; "
           f"select databricks_create_role('{BATCH.name}', 'SERVICE_PRINCIPAL')")
    made = psql(lakebase, DEV.name, owner, sql=sql)
    assert made.code == 0, made.error
    label = psql(lakebase, DEV.name, owner, sql=f"select label from pg_seclabels where objname = '\"{BATCH.name}\"'")
    assert label.out == f"id={BATCH.scim_id},type=SERVICE_PRINCIPAL"
    assert psql(lakebase, BATCH.name, lakebase.mint(BATCH.name)).out == BATCH.name
    unknown = psql(lakebase, DEV.name, owner, sql="select databricks_create_role('x@example.com', 'USER')")
    assert "was not found in the workspace" in unknown.error


def test_roles_made_by_tests(lakebase: LocalLakebase) -> None:
    lakebase.add_role("borrowed", identity=DEV.name)
    assert psql(lakebase, "borrowed", lakebase.mint(DEV.name)).out == "borrowed"
    lakebase.add_role("keyed", password="s3cret 'quoted'")
    assert psql(lakebase, "keyed", "s3cret 'quoted'").out == "keyed"


def test_cancel_reaches_the_query(lakebase: LocalLakebase) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    connection = psycopg2.connect(lakebase.conninfo(user=APP.name, password=lakebase.mint(APP.name)))

    timer = threading.Timer(0.5, connection.cancel)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(psycopg2.errors.QueryCanceled):
        connection.cursor().execute("select pg_sleep(20)")
    timer.join()
    assert time.monotonic() - begun < 10
    connection.close()
    assert lakebase.counters()["logins"]["cancel-request"] == 1


def test_plain_postgres_beside_it(lakebase: LocalLakebase) -> None:
    done = run_psql(lakebase, "service=plain", lakebase.passwords["plain_user"])
    assert done.out == "plain_user"
    assert lakebase.connections() == []
