"""Microsoft's sovereign clouds: everything is asked where that cloud has it, and nothing in the public one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.azure.clouds import CHINA, CLOUDS, GOVERNMENT, PUBLIC, Cloud
from lakebase.client import LocalLakebase
from support.client import Client
from support.connect_proxy import ConnectProxy
from support.fetch_request import Request

from .sources import app_service, certificate, client_secret, workload_identity

SOVEREIGN = pytest.mark.parametrize("cloud", [GOVERNMENT, CHINA], ids=lambda cloud: cloud.name)
APP = inventory.AZURE_APP.name
WAYS = {"client secret": client_secret, "certificate": certificate("pem"), "workload identity": workload_identity}


def moved(client: Client, lakebase: LocalLakebase, cloud: Cloud) -> str:
    """The workspace and its database under the cloud's names; how psql reaches it."""
    client.env["DATABRICKS_HOST"] = f"https://{cloud.workspace}"
    host = f"ep-blue-lagoon-5d6e7f80.database.{cloud.databases}"
    lakebase.alias(host, "azure-workspace")
    direct = client.direct("azure-workspace", dbname="databricks_postgres")
    return direct.replace(lakebase.hosts["azure-workspace"], host)


def others_were_asked(proxy: ConnectProxy, cloud: Cloud) -> list[str]:
    """Servers of other clouds."""
    names = [name for other in CLOUDS if other is not cloud for name in (*other.names, other.vaults)]
    return [asked for asked in proxy.asked if any(asked.removesuffix(":443").endswith(name) for name in names)]


@SOVEREIGN
@pytest.mark.parametrize("way", WAYS)
def test_psql_is_signed_in(
        cloud: Cloud, way: str, lakebase: LocalLakebase, client: Client, proxy: ConnectProxy, tmp_path: Path) -> None:
    conninfo = moved(client, lakebase, cloud)
    client.env |= WAYS[way](lakebase, tmp_path)
    client.env.pop("AZURE_AUTHORITY_HOST", None)
    # The tenant is the one that the workspace tells.
    for name in ("ARM_TENANT_ID", "AZURE_TENANT_ID"):
        client.env.pop(name, None)
    assert client.psql(conninfo).ok().text == APP
    assert others_were_asked(proxy, cloud) == []
    assert f"{cloud.login}:443" in proxy.asked


@SOVEREIGN
def test_the_authority_that_a_cluster_names(cloud: Cloud, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    conninfo = moved(client, lakebase, cloud)
    client.env |= {**workload_identity(lakebase, tmp_path), "AZURE_AUTHORITY_HOST": f"https://{cloud.login}/"}
    assert client.psql(conninfo).ok().text == APP


@SOVEREIGN
def test_key_vaults(
        cloud: Cloud, lakebase: LocalLakebase, client: Client, proxy: ConnectProxy, tmp_path: Path) -> None:
    conninfo = moved(client, lakebase, cloud)
    machine = app_service(lakebase, tmp_path)
    del machine["USE_MANAGED_IDENTITY"]
    client.env |= {"ARM_CLIENT_ID": APP, "ARM_CLIENT_SECRET": "keyvault:lakebase-vault/app-secret", **machine}
    assert client.psql(conninfo).ok().text == APP
    assert f"lakebase-vault.{cloud.vaults}:443" in proxy.asked and others_were_asked(proxy, cloud) == []


@SOVEREIGN
def test_who_is_no_member_manages_there(cloud: Cloud, lakebase: LocalLakebase, client: Client) -> None:
    conninfo = moved(client, lakebase, cloud)
    newcomer = inventory.NEWCOMER.name
    client.env |= {"ARM_CLIENT_ID": newcomer, "ARM_CLIENT_SECRET": lakebase.azure["secrets"][newcomer],
                   "ARM_TENANT_ID": inventory.TENANT, "DATABRICKS_AZURE_RESOURCE_ID": inventory.AZURE_ESTATE.resource_id}
    assert client.psql(conninfo).ok().text == newcomer


@SOVEREIGN
def test_the_environment_where_the_address_tells_nothing(
        cloud: Cloud, lakebase: LocalLakebase, request_: Request, proxy: ConnectProxy, tmp_path: Path) -> None:
    """A workspace behind a name of its owner's."""
    request_.environment |= {**client_secret(lakebase, tmp_path), "DATABRICKS_CLOUD": "Azure",
                             "ARM_ENVIRONMENT": cloud.name.lower(),
                             "DATABRICKS_HOST": f"https://localhost:{lakebase.ports['azure-api']}"}
    request_.network["no_proxy"] = "localhost"
    assert request_.run().ok
    assert proxy.asked == [f"{cloud.login}:443"]


@pytest.mark.parametrize("name", ["CHINA", "german", "MOON"])
def test_the_address_outranks_the_environment(
        name: str, lakebase: LocalLakebase, request_: Request, proxy: ConnectProxy, tmp_path: Path) -> None:
    """As in the SDKs: ARM_ENVIRONMENT is often set for other tools."""
    request_.environment |= {**client_secret(lakebase, tmp_path), "ARM_ENVIRONMENT": name}
    assert request_.run().ok
    assert others_were_asked(proxy, PUBLIC) == []
