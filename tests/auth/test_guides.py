"""The environments of Databricks' own guides work as they stand there, with this workspace's names in their places."""

from __future__ import annotations

import subprocess

import pytest

from lakebase import inventory

from .conftest import ENDPOINT, SignIn

# "Connect external app to Lakebase using SDK", step 4.
EXTERNAL_APP = """
# Databricks workspace authentication
export DATABRICKS_HOST="https://your-workspace.databricks.com"
export DATABRICKS_CLIENT_ID="<service-principal-client-id>"
export DATABRICKS_CLIENT_SECRET="<your-oauth-secret>"

# Lakebase connection details (from step 3)
export ENDPOINT_NAME="projects/<project-id>/branches/<branch-id>/endpoints/<endpoint-id>"
export PGHOST="<endpoint-id>.database.<region>.cloud.databricks.com"
export PGDATABASE="databricks_postgres"
export PGUSER="<service-principal-client-id>"   # Same UUID as step 1
export PGPORT="5432"
export PGSSLMODE="require"   # Python only
"""
# What Databricks Apps set for an app with a database, and what its app.yaml adds.
DATABRICKS_APP = """
export DATABRICKS_HOST="your-workspace.databricks.com"
export DATABRICKS_CLIENT_ID="<service-principal-client-id>"
export DATABRICKS_CLIENT_SECRET="<your-oauth-secret>"
export PGHOST="<endpoint-id>.database.<region>.cloud.databricks.com"
export PGDATABASE="databricks_postgres"
export PGUSER="<service-principal-client-id>"
export PGPORT="5432"
export PGSSLMODE="require"
export PGAPPNAME="orders"
export LAKEBASE_ENDPOINT="projects/<project-id>/branches/<branch-id>/endpoints/<endpoint-id>"
"""
SHOP = next(e for e in inventory.DEMO_ESTATE.endpoints if e.name == ENDPOINT)


def environment(sign_in: SignIn, block: str) -> dict[str, str]:
    """As a shell has it after the block."""
    places = {
        "projects/<project-id>/branches/<branch-id>/endpoints/<endpoint-id>": ENDPOINT,
        "<endpoint-id>.database.<region>.cloud.databricks.com": SHOP.host,
        "https://your-workspace.databricks.com": sign_in.lakebase.workspace()["url"],
        "your-workspace.databricks.com": sign_in.lakebase.workspace()["url"].removeprefix("https://"),
        "<service-principal-client-id>": inventory.APP.name,
        "<your-oauth-secret>": sign_in.lakebase.workspace()["secrets"][inventory.APP.name]}
    for place, name in places.items():
        block = block.replace(place, name)
    assert "<" not in block and "your-" not in block
    done = subprocess.run(["env", "-i", "/bin/sh", "-c", block + "/usr/bin/env"], capture_output=True, text=True, check=True)
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    # The local database is not at a host's usual port.
    return {name: value for name, value in found.items() if name.startswith(("DATABRICKS", "PG", "LAKEBASE", "ENDPOINT"))} | {
        "PGPORT": str(sign_in.lakebase.ports["gateway"]), "PGHOSTADDR": "127.0.0.1"}


@pytest.mark.parametrize("block", [EXTERNAL_APP, DATABRICKS_APP], ids=["external app", "Databricks app"])
def test_psql_is_signed_in(sign_in: SignIn, block: str) -> None:
    sign_in.env = environment(sign_in, block)
    outcome = sign_in.client.psql(None, sql="select current_user, current_database()", env=sign_in.env)
    assert outcome.ok().text == f"{inventory.APP.name}|databricks_postgres"


@pytest.mark.parametrize("wrong, part", [
    ("<endpoint-id>", "projects/PROJECT/branches/BRANCH/endpoints/ENDPOINT"), ("primary", "projects/PROJECT"),
    ("projects/shop/branches/production", "projects/PROJECT"), ("orders-db", "instance=NAME"),
    ("projects/shop/branches/production/endpoints/gone", "HTTP 404")])
def test_endpoints_in_another_form(sign_in: SignIn, wrong: str, part: str) -> None:
    sign_in.env = environment(sign_in, EXTERNAL_APP) | {"ENDPOINT_NAME": wrong}
    outcome = sign_in.client.psql(None, env=sign_in.env)
    assert outcome.code == 2 and part in outcome.error and "ENDPOINT_NAME" in outcome.error


def test_a_principal_without_workspace_access(sign_in: SignIn) -> None:
    sign_in.env = environment(sign_in, EXTERNAL_APP)
    sign_in.lakebase.fault("api", "status", "POST /api/2.0/postgres/credentials", status=403, body={
        "error_code": "PERMISSION_DENIED", "message": "API is disabled for users without workspace-access entitlement"})
    outcome = sign_in.client.psql(None, env=sign_in.env)
    assert outcome.code == 2 and "turn on Workspace access" in outcome.error
