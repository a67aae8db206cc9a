"""A virtual machine's metadata service at its real address, in a network of the test's own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.azure.directory import USER_ASSIGNED_OBJECT, USER_ASSIGNED_RESOURCE
from lakebase.client import LocalLakebase
from support.client import Client
from support.connect_proxy import ConnectProxy
from support.fetch_request import Request
from support.network_namespace import ip, own_network

from .conftest import proxy_to
from .sources import IMDS, azure_cli

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network of its own")

ADDRESS = "169.254.169.254"


@pytest.fixture(scope="module")
def machine() -> Iterator[LocalLakebase]:
    with own_network():
        ip("address", "add", f"{ADDRESS}/32", "dev", "lo")
        with LocalLakebase(metadata_address=ADDRESS) as running:
            yield running


@pytest.fixture
def lakebase(machine: LocalLakebase) -> LocalLakebase:
    machine.reset()
    return machine


@pytest.fixture
def managed(request_: Request) -> Request:
    request_.environment["ARM_USE_MSI"] = "true"
    return request_


def test_psql_is_signed_in(lakebase: LocalLakebase, client: Client) -> None:
    client.env["ARM_USE_MSI"] = "true"
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == inventory.MACHINE.name
    assert lakebase.calls(IMDS, "imds") == 1


def test_no_proxy_is_asked(lakebase: LocalLakebase, managed: Request, proxy: ConnectProxy) -> None:
    managed.network |= {"http_proxy": managed.network["https_proxy"], "all_proxy": managed.network["https_proxy"]}
    assert managed.run().ok
    assert set(proxy.asked) == {f"{inventory.AZURE_WORKSPACE_HOST}:443"}


@pytest.mark.parametrize("setting, value", [
    ("azure_client_id", inventory.USER_ASSIGNED.name), ("managed_identity_object_id", USER_ASSIGNED_OBJECT),
    ("managed_identity_resource_id", USER_ASSIGNED_RESOURCE)])
def test_a_user_assigned_identity(lakebase: LocalLakebase, managed: Request, setting: str, value: str) -> None:
    managed.directives[setting] = value
    managed.options["need_user"] = 1
    assert managed.run().record["user"] == inventory.USER_ASSIGNED.name


@pytest.mark.parametrize("form", ["number", "text", "american", "american, 12 hours", "iso", "rfc3339", "float", "missing"])
def test_the_ways_to_write_an_end(lakebase: LocalLakebase, managed: Request, form: str) -> None:
    end = int(time.time()) + 7000
    utc = time.gmtime(end)
    value = {"number": end, "text": str(end), "american": time.strftime("%m/%d/%Y %H:%M:%S", utc),
             "american, 12 hours": time.strftime("%m/%d/%Y %I:%M:%S %p +00:00", utc),
             "iso": time.strftime("%Y-%m-%d %H:%M:%S", utc), "rfc3339": time.strftime("%Y-%m-%dT%H:%M:%S.5Z", utc),
             "float": end + 0.25}.get(form)
    if value is None:
        lakebase.fault("api", "missing_field", IMDS, field="expires_on")
        end = int(time.time()) + 3599
    else:
        lakebase.fault("api", "set_field", IMDS, field="expires_on", value=value)
    assert managed.run().ok
    [kept] = managed.cache.glob("workspace-*")
    fields = dict(line.split("=", 1) for line in kept.read_text().splitlines())
    assert abs(int(fields["expires_ms"]) / 1000 - (end - 40)) < 5


@pytest.mark.parametrize("status", [404, 410])
def test_a_service_that_is_being_updated_is_waited_for(lakebase: LocalLakebase, managed: Request, status: int) -> None:
    lakebase.fault("api", "status", IMDS, status=status, times=2)
    assert managed.run().ok
    assert lakebase.calls(IMDS, "imds") == 3


@pytest.mark.parametrize("body, remedy", [
    ({"error": "invalid_request", "error_description": "Identity not found"}, "no such managed identity"),
    ({"error": "invalid_request", "error_description": "Multiple user assigned identities exist, please specify the "
      "clientId / resourceId of the identity in the token request"}, "choose one")])
def test_identities_that_are_not_there(lakebase: LocalLakebase, managed: Request, body: dict, remedy: str) -> None:
    lakebase.fault("api", "status", IMDS, status=400, body=body)
    reply = managed.run()
    assert reply.permanent and remedy in reply.sentence


def test_the_vaults_reader(lakebase: LocalLakebase, request_: Request) -> None:
    """Nobody said that the machine has an identity: it is looked for."""
    request_.environment |= {"KEY_VAULT_NAME": "your-keyvault-name", "DATABRICKS_CLIENT_ID": inventory.GUIDE_APP.name,
                             "AZURE_TENANT_ID": inventory.TENANT}
    assert request_.run().record["user"] == inventory.GUIDE_APP.name
    assert lakebase.calls(IMDS, "imds") == 1


def test_a_service_that_hangs_is_not_waited_for_where_nobody_named_it(lakebase: LocalLakebase, request_: Request) -> None:
    """Something takes the connection and says nothing."""
    request_.environment |= {"KEY_VAULT_NAME": "your-keyvault-name", "DATABRICKS_CLIENT_ID": inventory.GUIDE_APP.name,
                             "DATABRICKS_CLIENT_SECRET": lakebase.azure["secrets"][inventory.GUIDE_APP.name],
                             "AZURE_TENANT_ID": inventory.TENANT, "AZURE_TOKEN_CREDENTIALS": "prod"}
    lakebase.fault("api", "hang", IMDS)
    started = time.monotonic()
    assert request_.run().record["user"] == inventory.GUIDE_APP.name
    spent = time.monotonic() - started
    assert lakebase.calls(IMDS, "imds") == 1
    assert spent < 2.5
    # Whoever says that there is one waits for it.
    lakebase.clear_faults()
    expecting = Request(request_.hosts, request_.cache, request_.home, {
        "DATABRICKS_HOST": request_.environment["DATABRICKS_HOST"], "LAKEBASE_ENDPOINT": request_.environment["LAKEBASE_ENDPOINT"],
        "ARM_USE_MSI": "true"}, network=request_.network, options={"need_user": 1})
    assert expecting.run().record["user"] == inventory.MACHINE.name


class TestAnAddressThatDoesNotAnswer:
    """Packets to it vanish, as on a machine of another cloud behind a firewall."""

    @pytest.fixture(autouse=True)
    def nowhere(self, machine: LocalLakebase) -> Iterator[None]:
        ip("address", "del", f"{ADDRESS}/32", "dev", "lo")
        ip("link", "add", "hole", "type", "veth", "peer", "name", "bottom")
        for end in ("hole", "bottom"):
            ip("link", "set", end, "up")
        ip("address", "add", "10.9.9.1/24", "dev", "hole")
        ip("route", "add", f"{ADDRESS}/32", "dev", "hole", "src", "10.9.9.1")
        ip("neighbour", "add", ADDRESS, "lladdr", "02:00:00:00:00:01", "dev", "hole", "nud", "permanent")
        yield
        ip("link", "del", "hole")
        ip("address", "add", f"{ADDRESS}/32", "dev", "lo")

    def test_it_costs_a_second_once(self, managed: Request) -> None:
        started = time.monotonic()
        reply = managed.run()
        assert time.monotonic() - started < 2.5
        assert "169.254.169.254" in reply.sentence and not reply.permanent
        # Another endpoint, so that no failure of the request itself is kept.
        managed.environment["LAKEBASE_ENDPOINT"] = "projects/blue/branches/production/endpoints/other"
        started = time.monotonic()
        assert "169.254.169.254" in managed.run().sentence
        assert time.monotonic() - started < 0.9

    def test_the_vaults_fallback_is_used(self, lakebase: LocalLakebase, request_: Request) -> None:
        request_.environment |= {
            "KEY_VAULT_NAME": "your-keyvault-name", "DATABRICKS_CLIENT_ID": inventory.GUIDE_APP.name,
            "DATABRICKS_CLIENT_SECRET": lakebase.azure["secrets"][inventory.GUIDE_APP.name],
            "AZURE_TENANT_ID": inventory.TENANT, "AZURE_TOKEN_CREDENTIALS": "prod"}
        started = time.monotonic()
        assert request_.run().record["user"] == inventory.GUIDE_APP.name
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_another_clouds_metadata_service_is_no_identity(lakebase: LocalLakebase, client: Client, tmp_path: Path,
                                                        status: int) -> None:
    """It stands at the same address. Nobody has said that there is a managed identity, so that the next way has its turn."""
    app = inventory.AZURE_APP.name
    client.env |= {"ARM_CLIENT_ID": app, "ARM_CLIENT_SECRET": "keyvault:lakebase-vault/app-secret", **azure_cli(lakebase, tmp_path)}
    lakebase.let_read_vaults(inventory.AZURE_USER.name)
    lakebase.fault("api", "status", IMDS, status=status)
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == app
    assert lakebase.calls(IMDS, "imds") == 1
