"""The real Azure CLI, signed in as a service principal: a profile directory as `az login --service-principal` leaves it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client

from .sources import ENTRA

APP = inventory.AZURE_APP.name
# Elsewhere than in the other tests' PATH, it does not turn up where they want nobody to be logged in.
AZ = shutil.which("az", path=f"/opt/az:{os.environ.get('PATH', '')}")

pytestmark = [pytest.mark.full, pytest.mark.skipif(AZ is None, reason="needs the Azure CLI")]


@pytest.fixture
def logged_in(lakebase: LocalLakebase, client: Client, tmp_path: Path) -> Client:
    home = tmp_path / "azure"
    home.mkdir()
    user = {"name": APP, "type": "servicePrincipal"}
    subscription = {"id": inventory.AZURE_ESTATE.resource_id.split("/")[2], "name": "shop", "state": "Enabled", "isDefault": True,
                    "tenantId": inventory.TENANT, "homeTenantId": inventory.TENANT, "environmentName": "AzureCloud",
                    "managedByTenants": [], "user": user}
    (home / "azureProfile.json").write_text(json.dumps({"installationId": "t", "subscriptions": [subscription]}))
    (home / "service_principal_entries.json").write_text(json.dumps(
        [{"client_id": APP, "tenant": inventory.TENANT, "client_secret": lakebase.azure["secrets"][APP]}]))
    (home / "config").write_text("[core]\nencrypt_token_cache = false\ncollect_telemetry = false\n")
    client.env |= {"AZURE_CONFIG_DIR": str(home), "PATH": f"{Path(AZ or '/').parent}:/usr/bin:/bin",
                   "REQUESTS_CA_BUNDLE": str(lakebase.ca_file), "PGCONNECT_TIMEOUT": "40"}
    # It reads itself from the disk at its first start, which may take longer than it has.
    client.run(AZ, "account", "show", preload=False, timeout=180).ok()
    return client


@pytest.mark.parametrize("by", ["host", "resource id"])
def test_psql_is_signed_in(logged_in: Client, lakebase: LocalLakebase, by: str) -> None:
    if by == "resource id":
        del logged_in.env["DATABRICKS_HOST"]
        logged_in.env["DATABRICKS_AZURE_RESOURCE_ID"] = inventory.AZURE_ESTATE.resource_id
    conninfo = logged_in.direct("azure-workspace", dbname="databricks_postgres")
    assert logged_in.psql(conninfo).ok().text == APP
    assert lakebase.calls(ENTRA, "entra") == (1 if by == "host" else 3)


def test_a_secret_that_has_changed(logged_in: Client, lakebase: LocalLakebase) -> None:
    entries = Path(logged_in.env["AZURE_CONFIG_DIR"]) / "service_principal_entries.json"
    entries.write_text(entries.read_text().replace(lakebase.azure["secrets"][APP], "8Q~another"))
    outcome = logged_in.psql(logged_in.direct("azure-workspace", dbname="databricks_postgres"))
    assert outcome.code == 2 and "AADSTS7000215" in outcome.error and "8Q~" not in outcome.error


def test_nobody_is_logged_in(logged_in: Client) -> None:
    for file in Path(logged_in.env["AZURE_CONFIG_DIR"]).glob("*.json"):
        file.unlink()
    outcome = logged_in.psql(logged_in.direct("azure-workspace", dbname="databricks_postgres"))
    assert outcome.code == 2 and "nobody is logged in to the Azure CLI (az login)" in outcome.error
