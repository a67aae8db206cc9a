"""Lists come in pages, and lead from a host name to its endpoint or instance."""

from __future__ import annotations

from typing import Any

from ..client import LocalLakebase
from ..inventory import APP, DEV, GROUP_ROLE
from .http_client import Api


def pages(api: Api, path: str, field: str) -> list[list[Any]]:
    found, token = [], ""
    while True:
        answer = api.get(f"{path}?page_size=100" + (f"&page_token={token}" if token else "")).json()
        found.append(answer[field])
        token = answer.get("next_page_token", "")
        if not token:
            return found


def test_every_autoscaling_host_is_found(api: Api, lakebase: LocalLakebase) -> None:
    hosts = set()
    listed = pages(api, "/api/2.0/postgres/projects", "projects")
    assert len(listed) > 1
    for project in sum(listed, []):
        for branch in sum(pages(api, f"/api/2.0/postgres/{project['name']}/branches", "branches"), []):
            for endpoint in sum(pages(api, f"/api/2.0/postgres/{branch['name']}/endpoints", "endpoints"), []):
                hosts |= set(endpoint["status"]["hosts"].values())
                assert api.get(f"/api/2.0/postgres/{endpoint['name']}").json() == endpoint
    others = ("second", "azure-workspace")
    mine = {host for name, host in lakebase.hosts.items() if host.startswith("ep-") and name not in others}
    assert mine <= hosts
    assert lakebase.hosts["second"] not in hosts


def test_instances(api: Api, lakebase: LocalLakebase) -> None:
    listed = sum(pages(api, "/api/2.0/database/instances", "database_instances"), [])
    by_name = {instance["name"]: instance for instance in listed}
    assert len(by_name) == 4
    orders = by_name["orders-db"]
    assert orders["read_write_dns"] == lakebase.hosts["provisioned"]
    assert orders["read_only_dns"] == lakebase.hosts["provisioned-ro"]
    assert by_name["migrated-db"]["read_write_dns"] == lakebase.hosts["migrated"]
    assert api.get("/api/2.0/database/instances/orders-db").json() == orders
    assert api.get(f"/api/2.0/database/instances:findByUid?uid={orders['uid']}").json() == orders


def test_what_is_not_there(api: Api) -> None:
    for path in ("database/instances/none", "database/instances:findByUid?uid=none", "postgres/projects/none",
                 "postgres/projects/none/branches", "postgres/projects/shop/branches/none",
                 "postgres/projects/shop/branches/none/endpoints",
                 "postgres/projects/shop/branches/production/endpoints/none"):
        answer = api.get(f"/api/2.0/{path}")
        assert (answer.status, answer.error) == (404, "NOT_FOUND"), path


def test_bad_pages(api: Api) -> None:
    for query in ("page_size=101", "page_size=x", "page_token=x", "page_token=p99"):
        assert api.get(f"/api/2.0/postgres/projects?{query}").error == "INVALID_PARAMETER_VALUE"


def test_databases_and_roles(api: Api, lakebase: LocalLakebase) -> None:
    branch = "/api/2.0/postgres/projects/shop/branches/production"
    lakebase.set(page_size=100)
    databases = api.get(f"{branch}/databases").json()["databases"]
    assert databases[0]["status"]["postgres_database"] == "databricks_postgres"
    roles = {role["status"]["postgres_role"]: role["status"] for role in api.get(f"{branch}/roles").json()["roles"]}
    assert roles[APP.name]["identity_type"] == "SERVICE_PRINCIPAL"
    assert roles[GROUP_ROLE]["identity_type"] == "GROUP"
    assert roles["native_user"]["auth_method"] == "PG_PASSWORD_SCRAM_SHA_256"


def test_who_am_i(api: Api) -> None:
    path = "/api/2.0/preview/scim/v2/Me"
    assert api.get(path).json()["userName"] == APP.name
    user = api.get(path, api.pat(DEV.name)).json()
    assert user["userName"] == DEV.name
    assert user["emails"][0]["value"] == DEV.name
    assert set(api.get(f"{path}?attributes=userName").json()) == {"schemas", "id", "userName"}
    assert "entitlements" not in api.get(f"{path}?excludedAttributes=entitlements").json()
