"""Secrets kept elsewhere: each kind of reference leads to a login, and each trouble to a sentence without the secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.fetch_request import Request

from .sources import ENTRA, VAULT, app_service, azure_cli, older_app_service

APP = inventory.AZURE_APP.name
SECRETS = "GET /api/2.0/secrets/get"

Prepare = Callable[[LocalLakebase, Path, str], dict[str, str]]


def in_variable(_: LocalLakebase, __: Path, secret: str) -> dict[str, str]:
    return {"ARM_CLIENT_SECRET": "env:ORDERS_SECRET", "ORDERS_SECRET": secret}


def in_file(_: LocalLakebase, directory: Path, secret: str) -> dict[str, str]:
    file = directory / "secret"
    file.write_text(f"\n {secret}\n")
    return {"ARM_CLIENT_SECRET": f"file:{file}"}


def in_home(_: LocalLakebase, directory: Path, secret: str) -> dict[str, str]:
    (directory / "home" / "secret").write_text(secret)
    return {"ARM_CLIENT_SECRET": "file:~/secret"}


def from_command(_: LocalLakebase, directory: Path, secret: str) -> dict[str, str]:
    file = directory / "a 'secret' $HOME"
    file.write_text(secret)
    return {"ARM_CLIENT_SECRET": f"command:cat \"{directory}/a 'secret' $HOME\""}


def in_vault(lakebase: LocalLakebase, directory: Path, _: str) -> dict[str, str]:
    found = app_service(lakebase, directory)
    del found["USE_MANAGED_IDENTITY"]
    return {"ARM_CLIENT_SECRET": "keyvault:lakebase-vault/app-secret", **found}


def in_vault_by_address(lakebase: LocalLakebase, directory: Path, _: str) -> dict[str, str]:
    return {**in_vault(lakebase, directory, _),
            "ARM_CLIENT_SECRET": "keyvault:https://lakebase-vault.vault.azure.net/app-secret/0123456789abcdef"}


@pytest.mark.parametrize("prepare", [in_variable, in_file, in_home, from_command, in_vault, in_vault_by_address])
def test_psql_is_signed_in(prepare: Prepare, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    secret = lakebase.azure["secrets"][APP]
    client.env |= {"ARM_CLIENT_ID": APP, **prepare(lakebase, tmp_path, secret)}
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == APP
    # The tenant was nowhere given: the workspace told it.
    assert lakebase.calls("GET /aad/auth", "azure") == 1


@pytest.mark.parametrize("kind", ["profile", "directive"])
def test_other_places(kind: str, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    reference = in_file(lakebase, tmp_path, lakebase.azure["secrets"][APP])["ARM_CLIENT_SECRET"]
    if kind == "profile":
        config = client.home / ".databrickscfg"
        config.write_text(f"[AZ]\nhost = {client.env['DATABRICKS_HOST']}\nazure_client_id = {APP}\n"
                          f"azure_client_secret = {reference}\n")
        config.chmod(0o600)
        client.service("orders", "profile=AZ", host="azure-workspace", dbname="databricks_postgres")
    else:
        client.service("orders", f"azure_client_id={APP}", f"azure_client_secret={reference}", host="azure-workspace",
                       dbname="databricks_postgres")
    assert client.psql("service=orders").ok().text == APP


def test_a_databricks_secret_holds_a_databricks_secret(lakebase: LocalLakebase, client: Client) -> None:
    """Whoever else can sign in reads it: here the owner of a token, for a service principal."""
    client.env |= {"DATABRICKS_CLIENT_ID": APP, "DATABRICKS_CLIENT_SECRET": "databricks-secret:lakebase/client-secret",
                   "DATABRICKS_TOKEN": "dapi1234567890abcdef", "DATABRICKS_AUTH_TYPE": "oauth-m2m"}
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == APP
    assert lakebase.calls(SECRETS, "azure") == 1


@pytest.mark.parametrize("reference", ["databricks-secret:lakebase/native-password", "file:{directory}/password",
                                       "env:NATIVE"])
def test_native_passwords(reference: str, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    password = lakebase.passwords[inventory.NATIVE_ROLE]
    (tmp_path / "password").write_text(password)
    client.env |= {"DATABRICKS_TOKEN": "dapi1234567890abcdef", "NATIVE": password}
    client.service("orders", f"native_password={reference.format(directory=tmp_path)}", host="azure-workspace",
                   dbname="databricks_postgres", user=inventory.NATIVE_ROLE)
    assert client.psql("service=orders").ok().text == inventory.NATIVE_ROLE
    assert lakebase.calls("POST /api/2.0/postgres/credentials", "azure") == 0


def test_native_passwords_go_through_the_pooler(lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(lakebase.passwords[inventory.NATIVE_ROLE])
    client.service("orders", f"native_password=file:{tmp_path}/password", host="pooled", dbname="databricks_postgres",
                   user=inventory.NATIVE_ROLE)
    assert client.psql("service=orders").ok().text == inventory.NATIVE_ROLE


def test_a_native_password_that_was_changed_is_read_again(lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("the-old-one")
    client.service("orders", f"native_password=file:{file}", host="azure-workspace", dbname="databricks_postgres",
                   user=inventory.NATIVE_ROLE)
    assert client.psql("service=orders").code == 2
    file.write_text(lakebase.passwords[inventory.NATIVE_ROLE])
    assert client.psql("service=orders").ok().text == inventory.NATIVE_ROLE


def test_another_token_in_the_file_is_another_identity(lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    pats = lakebase.workspace("azure")["pats"]
    file = tmp_path / "token"
    for identity in (inventory.AZURE_USER.name, APP, inventory.AZURE_USER.name):
        file.write_text(pats[identity])
        client.env |= {"DATABRICKS_TOKEN": f"file:{file}"}
        assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == identity


@pytest.mark.parametrize("kind", ["env", "file", "command", "keyvault", "databricks-secret"])
@pytest.mark.parametrize("platform, variable", [(app_service, "IDENTITY_HEADER"), (older_app_service, "MSI_SECRET")],
                         ids=["app service", "older app service"])
def test_what_azure_gives_its_machines(platform: Prepare, variable: str, kind: str, lakebase: LocalLakebase, client: Client,
                                       tmp_path: Path) -> None:
    """A vault is read, and Databricks' secrets are, as somebody else: the machine's identity is what the secret is for."""
    client.env |= platform(lakebase, tmp_path)  # type: ignore[call-arg]
    (tmp_path / "header").write_text(f" {client.env[variable]}\n")
    client.env |= {"KEPT_HERE": client.env[variable]}
    client.env[variable] = {"env": "env:KEPT_HERE", "file": f"file:{tmp_path}/header", "command": f"command:cat {tmp_path}/header",
                            "keyvault": "keyvault:lakebase-vault/identity-header",
                            "databricks-secret": "databricks-secret:lakebase/identity-header"}[kind]
    if kind == "keyvault":
        client.env |= azure_cli(lakebase, tmp_path)
        lakebase.let_read_vaults(inventory.AZURE_USER.name)
    if kind == "databricks-secret":
        client.env |= {"DATABRICKS_TOKEN": "dapi1234567890abcdef", "DATABRICKS_AUTH_TYPE": "azure-msi"}
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == inventory.MACHINE.name
    lakebase.forget()
    client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok()
    assert lakebase.counters()["calls"] == {}


@pytest.mark.parametrize("reference, parts", [
    ("file:/nowhere/header", ["IDENTITY_HEADER", "/nowhere/header cannot be opened"]),
    ("env:NOT_SET", ["IDENTITY_HEADER", "NOT_SET is not set"]),
    ("file:{directory}/lines", ["IDENTITY_HEADER", "more than one line"]),
    ("keyvault:lakebase-vault/identity-header", ["this machine has no identity of its own in Azure"]),
    ("databricks-secret:lakebase/identity-header", ["no way to sign in to"])])
def test_what_azure_gives_its_machines_is_not_there(reference: str, parts: list[str], lakebase: LocalLakebase, request_: Request,
                                                    tmp_path: Path) -> None:
    request_.environment |= app_service(lakebase, tmp_path)
    (tmp_path / "lines").write_text("one\r\nX-Other: two\n")
    request_.environment["IDENTITY_HEADER"] = reference.format(directory=tmp_path)
    said = request_.run().sentence
    assert all(part in said for part in parts), said


def sentence(request: Request, secret: str) -> str:
    reply = request.run()
    assert reply.code == 1
    assert secret not in reply.text
    assert ";" in reply.sentence
    return reply.sentence


@pytest.mark.parametrize("reference, parts", [
    ("env:NOT_SET", ["NOT_SET", "not set"]),
    ("file:relative", ["not absolute"]),
    ("file:/no/such/file", ["/no/such/file", "No such file"]),
    ("file:{directory}", ["is no file"]),
    ("file:{directory}/open", ["chmod o-w"]),
    ("file:{directory}/empty", ["empty"]),
    ("file:{directory}/huge", ["far more than a secret"]),
    ("command:", ["no command"]),
    ("command:no-such-program-anywhere", ["there is no program"]),
    ("command:cat 'unclosed", ["not closed"]),
    ("command:false", ["status 1", "run it yourself"]),
    ("command:true", ["empty"]),
    ("keyvault:lakebase-vault", ["keyvault:VAULT/NAME"]),
    ("keyvault:evil.example.net/name", ["a name that none has"]),
    ("keyvault:lakebase-vault/na?me", ["a name that none has"]),
    ("keyvault:lakebase-vault/no-such-secret", ["no secret of this name", "lakebase-vault.vault.azure.net"]),
    ("keyvault:lakebase-vault/empty", ["is empty"]),
    ("databricks-secret:lakebase", ["databricks-secret:SCOPE/KEY"]),
    ("databricks-secret:lakebase/key", ["no way to sign in"]),
])
def test_troubles(reference: str, parts: list[str], lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    for name, content in (("open", "x"), ("empty", " \n"), ("huge", "x" * 70_000)):
        (tmp_path / name).write_text(content)
    (tmp_path / "open").chmod(0o666)
    found = app_service(lakebase, tmp_path)
    del found["USE_MANAGED_IDENTITY"]
    request_.environment |= {"ARM_CLIENT_ID": APP, "ARM_TENANT_ID": inventory.TENANT,
                             "ARM_CLIENT_SECRET": reference.format(directory=tmp_path), **found}
    said = sentence(request_, lakebase.azure["secrets"][APP])
    for part in parts:
        assert part in said


def test_a_command_has_a_time_limit(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment |= {"ARM_CLIENT_ID": APP, "ARM_TENANT_ID": inventory.TENANT,
                             "ARM_CLIENT_SECRET": "command:sleep 60"}
    request_.options["deadline_ms"] = 2000
    assert "in time" in sentence(request_, lakebase.azure["secrets"][APP])


def test_what_a_command_writes_is_told_nowhere(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    script = tmp_path / "leaky"
    script.write_text(f"#!/bin/sh\necho {lakebase.azure['secrets'][APP]} >&2; echo wrong-secret; exit 3\n")
    script.chmod(0o755)
    request_.environment |= {"ARM_CLIENT_ID": APP, "ARM_TENANT_ID": inventory.TENANT,
                             "ARM_CLIENT_SECRET": f"command:{script}"}
    assert "status 3" in sentence(request_, lakebase.azure["secrets"][APP])


class TestTheMachinesOwnIdentity:
    """Who asks the vault: azidentity's order."""

    @pytest.fixture
    def in_vault(self, request_: Request) -> Request:
        request_.environment |= {"ARM_CLIENT_ID": APP, "ARM_TENANT_ID": inventory.TENANT,
                                 "ARM_CLIENT_SECRET": "keyvault:lakebase-vault/app-secret"}
        return request_

    def test_none(self, in_vault: Request) -> None:
        in_vault.environment["AZURE_TOKEN_CREDENTIALS"] = "WorkloadIdentityCredential"
        said = in_vault.run().sentence
        assert "WorkloadIdentityCredential: no azure_federated_token_file" in said and "managed identity" in said

    def test_a_choice_that_is_none(self, in_vault: Request) -> None:
        in_vault.environment["AZURE_TOKEN_CREDENTIALS"] = "VisualStudioCredential"
        assert "AZURE_TOKEN_CREDENTIALS" in in_vault.run().sentence

    def test_workload_identity(self, lakebase: LocalLakebase, in_vault: Request, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(lakebase.federated_token())
        del in_vault.environment["ARM_CLIENT_SECRET"]
        for name in ("CLIENT_ID", "TENANT_ID"):
            in_vault.environment["AZURE_" + name] = in_vault.environment.pop("ARM_" + name)
        in_vault.environment |= {"DATABRICKS_CLIENT_ID": inventory.GUIDE_APP.name, "KEY_VAULT_NAME": "your-keyvault-name",
                                 "AZURE_FEDERATED_TOKEN_FILE": str(file), "AZURE_TOKEN_CREDENTIALS": "prod"}
        reply = in_vault.run()
        assert reply.ok, reply.text
        assert reply.record["user"] == inventory.GUIDE_APP.name
        assert lakebase.calls(VAULT, "key-vault") == 1
        # One token for the vault, one for the workspace.
        assert lakebase.calls(ENTRA, "entra") == 2
