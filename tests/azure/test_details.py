"""What only some of Azure's sign-ins have: further headers, files that are renewed, tenants and secrets that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.fetch_request import Request

from .sources import ENTRA, azure_cli, client_secret, workload_identity

CREDENTIALS = "POST /api/2.0/postgres/credentials"
APP = inventory.AZURE_APP.name


@pytest.fixture
def signing_in(request_: Request, lakebase: LocalLakebase, tmp_path: Path) -> Request:
    request_.environment |= client_secret(lakebase, tmp_path)
    return request_


def other_target(request: Request, number: int) -> None:
    """So that nothing that is kept will do but the workspace token."""
    request.directives["ttl"] = str(600 + number)


def test_who_is_no_member_shows_that_it_may_manage_the_workspace(lakebase: LocalLakebase, signing_in: Request) -> None:
    newcomer = inventory.NEWCOMER.name
    signing_in.environment |= {"ARM_CLIENT_ID": newcomer, "ARM_CLIENT_SECRET": lakebase.azure["secrets"][newcomer]}
    assert "HTTP 403" in signing_in.run().sentence
    signing_in.environment["DATABRICKS_AZURE_RESOURCE_ID"] = inventory.AZURE_ESTATE.resource_id
    reply = signing_in.run()
    assert reply.ok, reply.text
    assert reply.record["user"] == newcomer
    # The headers are kept with the token.
    lakebase.forget()
    other_target(signing_in, 1)
    assert signing_in.run().ok
    assert lakebase.calls(ENTRA, "entra") == 0


def test_tokens_are_kept(lakebase: LocalLakebase, signing_in: Request) -> None:
    for number in range(3):
        other_target(signing_in, number)
        assert signing_in.run().ok
    assert lakebase.calls(ENTRA, "entra") == 1


def test_the_clusters_token_is_read_at_each_sign_in(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    request_.environment |= workload_identity(lakebase, tmp_path)
    file = Path(request_.environment["AZURE_FEDERATED_TOKEN_FILE"])
    good = file.read_text()
    file.write_text(lakebase.federated_token(lifetime=-10))
    reply = request_.run()
    assert "AADSTS700024" in reply.sentence and "clock" in reply.sentence
    file.write_text(f"\n{good}\n")
    assert request_.run().ok


def test_a_pod_without_its_token(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    request_.environment |= workload_identity(lakebase, tmp_path)
    file = Path(request_.environment["AZURE_FEDERATED_TOKEN_FILE"])
    file.write_text("")
    assert "is empty" in request_.run().sentence
    file.unlink()
    assert "cannot be read" in request_.run().sentence


@pytest.mark.parametrize("setting, value, parts", [
    ("ARM_CLIENT_SECRET", "8Q~wrong", ["AADSTS7000215", "value, not its id", "HTTP 401 invalid_client"]),
    ("ARM_CLIENT_ID", "00000000-1111-4222-8333-444444444444", ["AADSTS700016", "no application"]),
    ("ARM_TENANT_ID", "no-such-tenant", ["AADSTS90002", "no such tenant"]),
    ("ARM_TENANT_ID", "not/a/tenant", ["is no tenant", "ARM_TENANT_ID"]),
    ("ARM_TENANT_ID", inventory.OTHER_TENANT, ["HTTP 400", "another Entra tenant"]),
    ("AZURE_AUTHORITY_HOST", "http://login.microsoftonline.com", ["AZURE_AUTHORITY_HOST", "https"]),
])
def test_settings_that_are_wrong(
        lakebase: LocalLakebase, signing_in: Request, setting: str, value: str, parts: list[str]) -> None:
    signing_in.environment[setting] = value
    reply = signing_in.run()
    assert reply.permanent and "8Q~" not in reply.text
    for part in parts:
        assert part in reply.sentence


def test_an_environment_that_is_none(lakebase: LocalLakebase, signing_in: Request) -> None:
    """It counts where the workspace's address tells nothing."""
    signing_in.environment |= {"DATABRICKS_HOST": f"https://localhost:{lakebase.ports['azure-api']}", "DATABRICKS_CLOUD": "azure",
                               "ARM_ENVIRONMENT": "MOON"}
    reply = signing_in.run()
    assert reply.permanent and "ARM_ENVIRONMENT" in reply.sentence and "USGOVERNMENT" in reply.sentence


@pytest.mark.parametrize("status, body, part", [
    (403, {"error_code": 403, "message": "Source IP address: 75.1.2.3 is blocked by Databricks IP ACL for workspace: 1 "
           "[ReqId: planted]"}, "IP access list"),
    (403, {"error_code": "PERMISSION_DENIED", "message": "API is disabled for users without workspace-access entitlement"},
     "Workspace access"),
    (403, {"error_code": "PERMISSION_DENIED", "message": "Provided OAuth token does not have required scopes: postgres"},
     "scope postgres"),
    (403, {"error_code": 403, "message": "Invalid access token."}, "another workspace's"),
    (400, {"error_code": "BAD_REQUEST", "message": "Token is expiring within 30 seconds."}, "clock")])
def test_what_the_workspace_says_has_its_remedy(
        lakebase: LocalLakebase, signing_in: Request, status: int, body: dict, part: str) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=status, body=body)
    sentence = signing_in.run().sentence
    assert part in sentence and "planted" not in sentence


def test_a_tenant_that_the_workspace_does_not_tell(lakebase: LocalLakebase, signing_in: Request) -> None:
    del signing_in.environment["ARM_TENANT_ID"]
    lakebase.fault("api", "html", "GET /aad/auth")
    reply = signing_in.run()
    assert reply.permanent and "no redirect to Entra" in reply.sentence and "azure_tenant_id" in reply.sentence


def test_a_certificate_that_cannot_be_used(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    request_.environment |= {"AZURE_CLIENT_ID": APP, "AZURE_TENANT_ID": inventory.TENANT,
                             "AZURE_CLIENT_CERTIFICATE_PATH": str(file)}
    assert "cannot be read" in request_.run().sentence
    file.write_text("-----BEGIN nothing")
    assert "cannot be used: no private key" in request_.run().sentence
    file.write_bytes(Path(lakebase.certificates()["pkcs12"]).read_bytes())
    sentence = request_.run().sentence
    assert "its password is another" in sentence and "azure_client_certificate_password" in sentence
    # The right one is seen at the next sign-in.
    file.write_bytes(Path(lakebase.certificates()["pem"]).read_bytes())
    assert request_.run().ok


@pytest.mark.parametrize("kind", ["file", "command"])
def test_a_certificate_s_password_by_reference(
        lakebase: LocalLakebase, request_: Request, tmp_path: Path, kind: str) -> None:
    (tmp_path / "password").write_text(lakebase.azure["certificate_password"])
    reference = {"file": f"file:{tmp_path}/password", "command": f"command:cat {tmp_path}/password"}[kind]
    request_.environment |= {"AZURE_CLIENT_ID": APP, "AZURE_TENANT_ID": inventory.TENANT,
                             "AZURE_CLIENT_CERTIFICATE_PATH": lakebase.certificates()["pkcs12"],
                             "AZURE_CLIENT_CERTIFICATE_PASSWORD": reference}
    assert request_.run().ok


def test_the_cli_without_a_right_to_manage(
        lakebase: LocalLakebase, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's login may lack the second token: the workspace takes the first alone."""
    monkeypatch.setattr("support.fetch_request.PATH", azure_cli(lakebase, tmp_path)["PATH"])
    az = tmp_path / "programs" / "az"
    az.write_text(az.read_text().replace('case "$1 $2"', 'case " $@ " in *management*) echo "ERROR: AADSTS500011: planted" '
                                         '>&2; exit 1;; esac\ncase "$1 $2"', 1))
    request_.environment["DATABRICKS_AZURE_RESOURCE_ID"] = inventory.AZURE_ESTATE.resource_id
    assert request_.run().ok


def test_a_principal_without_a_right_to_manage_fails(lakebase: LocalLakebase, signing_in: Request) -> None:
    signing_in.environment["DATABRICKS_AZURE_RESOURCE_ID"] = inventory.AZURE_ESTATE.resource_id
    lakebase.fault("api", "status", ENTRA, workspace="entra", status=403, after=1)
    assert "HTTP 403" in signing_in.run().sentence


def test_a_public_address_gets_no_secret_of_the_host(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment |= {"USE_MANAGED_IDENTITY": "true", "IDENTITY_ENDPOINT": "http://192.0.2.1/msi/token",
                             "IDENTITY_HEADER": lakebase.azure["identity_header"]}
    reply = request_.run()
    assert "http://192.0.2.1" in reply.sentence and lakebase.azure["identity_header"] not in reply.text
