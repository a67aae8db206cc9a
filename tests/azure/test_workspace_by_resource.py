"""DATABRICKS_AZURE_RESOURCE_ID in lieu of a host: Azure tells where the workspace is, as in the Go SDK."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.azure.clouds import CLOUDS, PUBLIC, Cloud
from lakebase.azure.resource_manager import ROUTE
from lakebase.client import LocalLakebase
from support.client import Client
from support.connect_proxy import ConnectProxy
from support.fetch_request import Request

from .sources import SOURCES, Source, client_secret

RESOURCE = inventory.AZURE_ESTATE.resource_id
ASKED = f"GET {ROUTE}"
SERVER = "resource-manager"
# github-oidc-azure wants a host in the SDK, too.
ASKING = [source for source in SOURCES if source.name in
          ("client secret", "App Service", "certificate, PEM", "workload identity", "Azure CLI")]


@pytest.fixture
def nameless(request_: Request, lakebase: LocalLakebase, tmp_path: Path) -> Request:
    """Knows the resource alone, and who it is."""
    del request_.environment["DATABRICKS_HOST"]
    request_.environment |= {"DATABRICKS_AZURE_RESOURCE_ID": RESOURCE, **client_secret(lakebase, tmp_path)}
    return request_


@pytest.mark.parametrize("source", ASKING, ids=lambda source: source.name)
def test_psql_is_signed_in(source: Source, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    del client.env["DATABRICKS_HOST"]
    client.env |= {**source.settings(lakebase, tmp_path), "DATABRICKS_AZURE_RESOURCE_ID": RESOURCE}
    conninfo = client.direct("azure-workspace", dbname="databricks_postgres")
    assert client.psql(conninfo).ok().text == source.identity
    assert lakebase.calls(ASKED, SERVER) == 1
    # Another database of the same workspace: where it is was found out already.
    client.env["LAKEBASE_ENDPOINT"] = ""
    client.env["LAKEBASE_INSTANCE_NAME"] = "your-lakebase-instance"
    assert client.psql(conninfo).ok().text == source.identity
    assert lakebase.calls(ASKED, SERVER) == 1


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.name)
def test_the_environment_tells_the_cloud(
        cloud: Cloud, nameless: Request, proxy: ConnectProxy) -> None:
    nameless.environment["ARM_ENVIRONMENT"] = cloud.name
    assert nameless.run().ok
    assert set(proxy.asked) == {f"{name}:443" for name in cloud.names}


def test_a_profile_may_say_so(nameless: Request) -> None:
    del nameless.environment["DATABRICKS_AZURE_RESOURCE_ID"]
    names = {"ARM_CLIENT_ID": "azure_client_id", "ARM_CLIENT_SECRET": "azure_client_secret",
             "ARM_TENANT_ID": "azure_tenant_id"}
    lines = [f"{key} = {nameless.environment.pop(name)}" for name, key in names.items()]
    (nameless.home / ".databrickscfg").write_text(
        "\n".join(["[DEFAULT]", f"azure_workspace_resource_id = {RESOURCE}", *lines]))
    assert nameless.run().ok


def test_the_clis_subscription(lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    """Without a tenant the subscription says which of the login's is meant; who has no right to it does without."""
    from .sources import azure_cli

    del client.env["DATABRICKS_HOST"]
    client.env |= {**azure_cli(lakebase, tmp_path), "DATABRICKS_AZURE_RESOURCE_ID": RESOURCE}
    az = tmp_path / "programs" / "az"
    az.write_text(az.read_text().replace('case "$1 $2"', 'case " $@ " in *" --subscription "*) echo "$@" >> '
                  f'{tmp_path}/programs/asked; echo "ERROR: Subscription not found" >&2; exit 1;; esac\ncase "$1 $2"', 1))
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == inventory.AZURE_USER.name
    asked = (tmp_path / "programs" / "asked").read_text().splitlines()
    assert asked[0].endswith("--subscription 5a6b7c8d-9e0f-4a1b-8c2d-3e4f5a6b7c8d")
    assert "--subscription" not in asked[1] and "--tenant" not in asked[1]
    # The workspace was known then, and told the tenant.
    assert f"--tenant {inventory.TENANT}" in asked[2]


@pytest.mark.parametrize("value, part", [
    ("orders", "is none; it looks like /subscriptions/"), ("/subscriptions/1?x=y", "is none"),
    (RESOURCE + "-gone", "HTTP 404")])
def test_resources_that_are_none(nameless: Request, value: str, part: str) -> None:
    nameless.environment["DATABRICKS_AZURE_RESOURCE_ID"] = value
    reply = nameless.run()
    assert reply.permanent and part in reply.sentence and "DATABRICKS_AZURE_RESOURCE_ID" in reply.sentence


def test_nobody_who_could_ask(nameless: Request) -> None:
    del nameless.environment["ARM_CLIENT_ID"]
    reply = nameless.run()
    assert reply.permanent and "set DATABRICKS_HOST" in reply.sentence
    assert "azure-client-secret: no azure_client_id" in reply.sentence


def test_auth_type_decides_who_asks(nameless: Request) -> None:
    nameless.environment["DATABRICKS_AUTH_TYPE"] = "azure-msi"
    assert "azure-msi: no azure_use_msi" in nameless.run().sentence
    nameless.environment["DATABRICKS_AUTH_TYPE"] = "pat"
    assert "pat does not ask for it" in nameless.run().sentence


@pytest.mark.parametrize("kind, options, part", [
    ("status", {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "planted"}}}, "role Reader"),
    ("status", {"status": 401}, "HTTP 401"), ("garbage", {}, "no JSON object"), ("huge", {"bytes": 2 << 20}, "far more"),
    ("missing_field", {"field": "properties"}, "properties is missing"),
    ("set_field", {"field": "properties", "value": {"workspaceUrl": 7}}, "workspaceUrl is missing or no text"),
    ("set_field", {"field": "properties", "value": {"workspaceUrl": "evil.example.net"}}, "is no workspace's"),
    ("set_field", {"field": "properties", "value": {"workspaceUrl": "a@b.azuredatabricks.net"}}, "is no workspace's")])
def test_answers_of_azures(nameless: Request, lakebase: LocalLakebase, kind: str, options: dict, part: str) -> None:
    lakebase.fault("api", kind, ASKED, workspace=SERVER, **options)
    reply = nameless.run()
    assert part in reply.sentence and f"https://{PUBLIC.resource_manager}" in reply.sentence
    assert "planted" not in reply.text and "eyJ" not in reply.text
    assert json.dumps("evil.example.net") not in reply.text


@pytest.mark.parametrize("status", [429, 500])
def test_what_heals_is_waited_for(nameless: Request, lakebase: LocalLakebase, status: int) -> None:
    lakebase.fault("api", "status", ASKED, workspace=SERVER, status=status, times=2)
    assert nameless.run().ok
