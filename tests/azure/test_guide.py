"""The settings of applications that were written by Databricks Lakebase guides for Azure work as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import command
from support.client import PGBIN, Client, Outcome

from .sources import APP_SERVICE, ENTRA, VAULT, app_service, azure_cli

BASE = """
USE_LAKEBASE=true
DATABRICKS_WORKSPACE_URL=https://adb-1234567890123456.7.azuredatabricks.net
AZURE_TENANT_ID=your-azure-tenant-id
LAKEBASE_HOSTNAME=instance-xxxxx.database.azuredatabricks.net
LAKEBASE_DATABASE=databricks_postgres
LAKEBASE_INSTANCE_NAME=your-lakebase-instance
"""
LOCAL = """
# Option 1: Personal Access Token (Recommended)
DATABRICKS_TOKEN=dapi1234567890abcdef

# Option 2: User credentials (for per-developer schemas)
PGUSER=developer@company.com

# Optional: Override schema name
LAKEBASE_SCHEMA=pims_devname
"""
PRODUCTION = """
# Service Principal authentication
DATABRICKS_CLIENT_ID=your-service-principal-client-id
KEY_VAULT_NAME=your-keyvault-name

# The client secret is stored in Key Vault as: databricks-client-secret
"""
MANAGED_IDENTITY = """
# Alternative: Managed Identity (for Azure App Service)
USE_MANAGED_IDENTITY=true
"""
SECRET_IN_VAULT = "databricks-client-secret"


def block(*texts: str) -> dict[str, str]:
    lines = (line for text in texts for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def application(lakebase: LocalLakebase, client: Client) -> Client:
    """Has nothing but what the blocks say, and the way to the servers."""
    for name in ("DATABRICKS_HOST", "LAKEBASE_ENDPOINT"):
        del client.env[name]
    client.env |= {"PGHOSTADDR": "127.0.0.1", "PGPORT": str(lakebase.ports["gateway"])}
    return client


@pytest.fixture
def host_identity(lakebase: LocalLakebase, tmp_path: Path) -> dict[str, str]:
    """What App Service gives every app of its own accord."""
    found = app_service(lakebase, tmp_path)
    return {name: found[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}


def run(client: Client, sql: str = "select current_user") -> Outcome:
    return client.run(command(client.library.parents[2]), "run", "--", PGBIN / "psql", "-XAt", "-c", sql, preload=False)


def test_local_development_with_a_token(lakebase: LocalLakebase, application: Client) -> None:
    application.env |= block(BASE, LOCAL)
    assert run(application).ok().text == "developer@company.com"
    assert run(application, "show search_path").ok().text == '"pims_devname"'
    assert lakebase.calls(ENTRA, "entra") == 0


def test_local_development_with_the_azure_cli(lakebase: LocalLakebase, application: Client, tmp_path: Path) -> None:
    application.env |= {**block(BASE, LOCAL), **azure_cli(lakebase, tmp_path)}
    del application.env["DATABRICKS_TOKEN"]
    assert run(application).ok().text == "developer@company.com"


@pytest.mark.parametrize("name", ["PGUSER", "USER_EMAIL", ""])
def test_the_role_of_a_person(lakebase: LocalLakebase, application: Client, name: str) -> None:
    application.env |= block(BASE, LOCAL)
    del application.env["PGUSER"]
    if name:
        application.env[name] = "developer@company.com"
    assert run(application).ok().text == "developer@company.com"
    assert lakebase.calls("GET /api/2.0/preview/scim/v2/Me", "azure") == (0 if name else 1)


def test_production(lakebase: LocalLakebase, application: Client, host_identity: dict[str, str]) -> None:
    application.env |= {**block(BASE, PRODUCTION), **host_identity}
    assert run(application).ok().text == "your-service-principal-client-id"
    assert lakebase.calls(VAULT, "key-vault") == lakebase.calls(ENTRA, "entra") == 1
    assert lakebase.calls(APP_SERVICE, "app-service") == 1


def test_production_ignores_the_token_and_the_person(
        lakebase: LocalLakebase, application: Client, host_identity: dict[str, str]) -> None:
    application.env |= {**block(BASE, LOCAL, PRODUCTION), **host_identity, "USER_EMAIL": "developer@company.com"}
    del application.env["PGUSER"]
    assert run(application).ok().text == "your-service-principal-client-id"


@pytest.mark.parametrize("blocks", [(BASE, PRODUCTION, MANAGED_IDENTITY), (BASE, MANAGED_IDENTITY)],
                         ids=["beside a service principal", "alone"])
def test_managed_identity(
        lakebase: LocalLakebase, application: Client, host_identity: dict[str, str], blocks: tuple[str, ...]) -> None:
    application.env |= {**block(*blocks), **host_identity}
    assert run(application).ok().text == inventory.MACHINE.name
    assert lakebase.calls(VAULT, "key-vault") == 0


@pytest.mark.parametrize("trouble", ["denied", "gone", "broken"])
def test_the_environment_is_the_vaults_fallback(
        lakebase: LocalLakebase, application: Client, host_identity: dict[str, str], trouble: str) -> None:
    application.env |= {**block(BASE, PRODUCTION), **host_identity,
                        "DATABRICKS_CLIENT_SECRET": lakebase.azure["secrets"]["your-service-principal-client-id"]}
    if trouble == "denied":
        lakebase.let_read_vaults()
    elif trouble == "gone":
        application.env["KEY_VAULT_NAME"] = "no-such-vault"
    else:
        lakebase.fault("api", "garbage", VAULT)
    assert run(application).ok().text == "your-service-principal-client-id"
    assert lakebase.calls(ENTRA, "entra") == 1


def test_without_a_fallback_the_vault_says_why(
        lakebase: LocalLakebase, application: Client, host_identity: dict[str, str]) -> None:
    application.env |= {**block(BASE, PRODUCTION), **host_identity}
    lakebase.let_read_vaults()
    outcome = run(application)
    assert outcome.code == 4
    for part in (SECRET_IN_VAULT, "your-keyvault-name.vault.azure.net", "Key Vault Secrets User", "HTTP 403"):
        assert part in outcome.error


def test_a_secret_in_the_environment_is_entras(lakebase: LocalLakebase, application: Client) -> None:
    application.env |= {**block(BASE), "DATABRICKS_CLIENT_ID": "your-service-principal-client-id",
                        "DATABRICKS_CLIENT_SECRET": lakebase.azure["secrets"]["your-service-principal-client-id"]}
    assert run(application).ok().text == "your-service-principal-client-id"
    assert lakebase.calls(ENTRA, "entra") == 1
    assert lakebase.calls("POST /oidc/v1/token", "azure") == 0


def test_otherwise_a_client_secret_is_databricks(lakebase: LocalLakebase, application: Client) -> None:
    secrets = lakebase.workspace("azure")["secrets"]
    application.env |= {**block(BASE), "DATABRICKS_CLIENT_ID": inventory.AZURE_APP.name,
                        "DATABRICKS_CLIENT_SECRET": secrets[inventory.AZURE_APP.name]}
    del application.env["AZURE_TENANT_ID"]
    assert run(application).ok().text == inventory.AZURE_APP.name
    assert lakebase.calls("POST /oidc/v1/token", "azure") == 1


def test_what_is_missing_is_named_at_once(application: Client, host_identity: dict[str, str]) -> None:
    application.env |= {"USE_LAKEBASE": "true", "KEY_VAULT_NAME": "your-keyvault-name",
                        "LAKEBASE_DATABASE": "databricks_postgres", **host_identity}
    outcome = run(application)
    assert outcome.code == 3
    assert "DATABRICKS_WORKSPACE_URL, LAKEBASE_HOSTNAME, DATABRICKS_CLIENT_ID" in outcome.error


def test_the_library_names_what_is_missing_too(client: Client, lakebase: LocalLakebase) -> None:
    client.env |= {"KEY_VAULT_NAME": "your-keyvault-name"}
    del client.env["DATABRICKS_HOST"]
    outcome = client.psql(client.direct("azure-workspace", dbname="databricks_postgres"))
    assert "DATABRICKS_WORKSPACE_URL, DATABRICKS_CLIENT_ID" in outcome.error


def test_switched_off_nothing_is_taken_over(application: Client) -> None:
    application.env |= {**block(BASE), "USE_LAKEBASE": "false"}
    outcome = application.run(command(application.library.parents[2]), "run", "--", "/usr/bin/env", preload=False)
    assert "PGHOST=" not in outcome.ok().text


def test_names_that_libpq_reads_stand(application: Client) -> None:
    application.env |= {**block(BASE), "PGHOST": "db.example.net", "DATABRICKS_TOKEN": "dapi1234567890abcdef"}
    outcome = application.run(command(application.library.parents[2]), "run", "--no-warm", "--", "/usr/bin/env",
                              preload=False)
    assert "PGHOST=db.example.net" in outcome.ok().text
    assert "PGDATABASE=databricks_postgres" in outcome.text
