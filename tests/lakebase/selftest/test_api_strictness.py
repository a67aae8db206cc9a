"""Requests that the real API would refuse are refused, with its error bodies."""

from __future__ import annotations

from typing import Any

import pytest

from ..client import LocalLakebase
from ..inventory import APP, BATCH, DEV, SECOND_APP
from .http_client import ENDPOINT, Api


def test_discovery_names_the_host_that_was_asked(lakebase: LocalLakebase) -> None:
    for host in ("localhost", "127.0.0.1"):
        found = Api(lakebase, host=host).request("GET", "/oidc/.well-known/oauth-authorization-server").json()
        assert found["token_endpoint"] == f"https://{host}:{lakebase.ports['api']}/oidc/v1/token"


def test_databricks_config(api: Api) -> None:
    found = api.request("GET", "/.well-known/databricks-config").json()
    assert found["host_type"] == "workspace"
    assert found["workspace_id"] == api.workspace["id"]


def test_token(api: Api) -> None:
    answer = api.token()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json()["expires_in"] == 3600


@pytest.mark.parametrize("form, error", [
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"scope": "everything"}, "invalid_scope"),
    ({"scope": ""}, "invalid_scope"),
    ({"client_secret": "in-the-body"}, "invalid_request"),
])
def test_token_form(api: Api, form: dict[str, str], error: str) -> None:
    answer = api.token(**form)
    assert (answer.status, answer.error) == (400, error)


def test_token_wants_the_right_secret(api: Api, lakebase: LocalLakebase) -> None:
    for answer in (api.token(secret="wrong"), api.token("nobody", "x"), Api(lakebase, "second").token(APP.name, "x"),
                   api.request("POST", "/oidc/v1/token", b"grant_type=client_credentials&scope=all-apis",
                               Content_Type="application/x-www-form-urlencoded")):
        assert (answer.status, answer.error) == (401, "invalid_client")


def test_token_wants_a_form(api: Api) -> None:
    answer = api.request("POST", "/oidc/v1/token", b"{}", Content_Type="application/json")
    assert (answer.status, answer.error) == (400, "invalid_request")


def test_credentials(api: Api) -> None:
    for authorization in (api.bearer(), api.bearer(scope="postgres"), api.pat(DEV.name)):
        answer = api.credential(authorization)
        assert answer.status == 200
        assert set(answer.json()) == {"token", "expire_time"}
        assert answer.json()["token"].startswith("eyJraWQ")
        assert 900 <= len(answer.json()["token"]) <= 1300
    answer = api.instance_credential("orders-db", request_id="2c8e4d3a-8f3f-4d35-9f5c-9d0d1b8f7a10")
    assert set(answer.json()) == {"token", "expiration_time"}


@pytest.mark.parametrize("body, status, error", [
    ({}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": ""}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": "orders-db"}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": "projects/shop/branches/production/endpoints/none"}, 404, "NOT_FOUND"),
    ({"endpoint": "projects/second/branches/production/endpoints/primary"}, 404, "NOT_FOUND"),
    ({"endpoint": ENDPOINT, "request_id": "x"}, 400, "MALFORMED_REQUEST"),
    ({"endpoint": ENDPOINT, "instance_names": ["orders-db"]}, 400, "MALFORMED_REQUEST"),
    ({"endpoint": ENDPOINT, "ttl": 900}, 400, "MALFORMED_REQUEST"),
    ({"endpoint": ENDPOINT, "ttl": "900"}, 400, "MALFORMED_REQUEST"),
    ({"endpoint": ENDPOINT, "ttl": "299s"}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": ENDPOINT, "ttl": "3601s"}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": ENDPOINT, "expire_time": "tomorrow"}, 400, "MALFORMED_REQUEST"),
    ({"endpoint": ENDPOINT, "expire_time": "2020-01-01T00:00:00Z"}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": ENDPOINT, "ttl": "900s", "expire_time": "2020-01-01T00:00:00Z"}, 400, "INVALID_PARAMETER_VALUE"),
    ({"endpoint": ENDPOINT, "claims": [{"permission_set": "READ_WRITE"}]}, 400, "INVALID_PARAMETER_VALUE"),
    ([], 400, "MALFORMED_REQUEST"),
])
def test_endpoint_credentials_are_strict(api: Api, body: Any, status: int, error: str) -> None:
    answer = api.post("/api/2.0/postgres/credentials", body)
    assert (answer.status, answer.error) == (status, error)
    assert set(answer.json()) == {"error_code", "message", "details"}


@pytest.mark.parametrize("body, status, error", [
    ({}, 400, "INVALID_PARAMETER_VALUE"),
    ({"instance_names": []}, 400, "INVALID_PARAMETER_VALUE"),
    ({"instance_names": "orders-db"}, 400, "INVALID_PARAMETER_VALUE"),
    ({"instance_names": ["second-db"]}, 404, "NOT_FOUND"),
    ({"instance_names": ["0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"]}, 404, "NOT_FOUND"),
    ({"instance_names": [ENDPOINT]}, 404, "NOT_FOUND"),
    ({"instance_names": ["orders-db"], "ttl": "900s"}, 400, "MALFORMED_REQUEST"),
    ({"instance_names": ["orders-db"], "endpoint": ENDPOINT}, 400, "MALFORMED_REQUEST"),
])
def test_instance_credentials_are_strict(api: Api, body: Any, status: int, error: str) -> None:
    answer = api.post("/api/2.0/database/credentials", body)
    assert (answer.status, answer.error) == (status, error)


def test_claims_are_taken(api: Api) -> None:
    claims = [{"permission_set": "READ_ONLY", "resources": [{"table_name": "main.shop.orders"}]}]
    assert api.credential(claims=claims).status == 200
    assert api.post("/api/2.0/database/credentials", {"claims": claims}).status == 200


def test_content_type(api: Api) -> None:
    answer = api.request("POST", "/api/2.0/postgres/credentials", b"{}", Authorization=api.pat(APP.name))
    assert answer.status == 415
    answer = api.request("POST", "/api/2.0/postgres/credentials", b"{", Authorization=api.pat(APP.name),
                         Content_Type="application/json; charset=utf-8")
    assert (answer.status, answer.error) == (400, "MALFORMED_REQUEST")


def test_bearer(api: Api, lakebase: LocalLakebase) -> None:
    minted = (lakebase.mint(APP.name), lakebase.mint(APP.name, kind="workspace", lifetime=-5),
              lakebase.mint(APP.name, kind="workspace", bad_signature=True))
    strangers = ["", "Basic eA==", "Bearer dapi123", "Bearer x.y.z",
                 Api(lakebase, "second").bearer(client_id=SECOND_APP.name), *("Bearer " + token for token in minted)]
    for authorization in strangers:
        answer = api.request("GET", "/api/2.0/preview/scim/v2/Me", Authorization=authorization)
        assert (answer.status, answer.error) == (401, "UNAUTHENTICATED"), authorization[:20]


def test_scope(api: Api) -> None:
    answer = api.credential(api.bearer(scope="iam.current-user:read"))
    assert (answer.status, answer.error) == (403, "PERMISSION_DENIED")


def test_revoked_workspace_token(api: Api, lakebase: LocalLakebase) -> None:
    old = api.bearer()
    lakebase.revoke_all("workspace")
    assert api.credential(old).status == 401
    assert api.credential(api.bearer()).status == 200


def test_workspace_id_header(api: Api) -> None:
    path = "/api/2.0/preview/scim/v2/Me"
    pat = api.pat(APP.name)
    assert api.request("GET", path, Authorization=pat, X_Databricks_Workspace_Id=api.workspace["id"]).status == 200
    assert api.request("GET", path, Authorization=pat, X_Databricks_Workspace_Id="1").status == 403


def test_unknown_path_and_query(api: Api) -> None:
    assert api.get("/api/2.0/nothing").error == "ENDPOINT_NOT_FOUND"
    assert api.get("/api/2.0/database/instances?limit=3").error == "INVALID_PARAMETER_VALUE"


def test_secrets(api: Api) -> None:
    path = "/api/2.0/secrets/get?scope={}&key={}"
    assert api.get(path.format("lakebase", "client-secret")).status == 200
    assert api.get(path.format("lakebase", "none")).error == "RESOURCE_DOES_NOT_EXIST"
    assert api.get(path.format("none", "client-secret")).error == "RESOURCE_DOES_NOT_EXIST"
    assert api.get(path.format("private", "client-secret")).error == "PERMISSION_DENIED"
    assert api.get(path.format("private", "client-secret"), api.pat(BATCH.name)).status == 200
