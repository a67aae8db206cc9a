"""Each of Azure's sources: the settings that choose it, who it is, and where it asks."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lakebase import inventory
from lakebase.azure.directory import DATABRICKS, resources
from lakebase.client import LocalLakebase

ENTRA = "POST /{tenant}/oauth2/v2.0/token"
IMDS = "GET /metadata/identity/oauth2/token"
APP_SERVICE = "GET /msi/token"
VAULT = "GET /secrets/{name}"
GITHUB = "GET /job/idtoken"

Settings = dict[str, str]


@dataclass(frozen=True)
class Source:
    name: str
    settings: Callable[[LocalLakebase, Path], Settings]
    identity: str
    server: str  # what the local Lakebase calls the server asked
    route: str
    auth_type: str = ""


def client_secret(lakebase: LocalLakebase, _: Path) -> Settings:
    app = inventory.AZURE_APP.name
    return {"ARM_CLIENT_ID": app, "ARM_CLIENT_SECRET": lakebase.azure["secrets"][app], "ARM_TENANT_ID": inventory.TENANT}


def certificate(form: str) -> Callable[[LocalLakebase, Path], Settings]:
    def settings(lakebase: LocalLakebase, _: Path) -> Settings:
        found = {"AZURE_CLIENT_ID": inventory.AZURE_APP.name, "AZURE_TENANT_ID": inventory.TENANT,
                 "AZURE_CLIENT_CERTIFICATE_PATH": lakebase.certificates()[form]}
        if form in ("pkcs12", "encrypted-pem"):
            found["AZURE_CLIENT_CERTIFICATE_PASSWORD"] = lakebase.azure["certificate_password"]
        return found

    return settings


def workload_identity(lakebase: LocalLakebase, directory: Path) -> Settings:
    file = directory / "azure-identity-token"
    file.write_text(lakebase.federated_token())
    return {"AZURE_CLIENT_ID": inventory.AZURE_APP.name, "AZURE_TENANT_ID": inventory.TENANT,
            "AZURE_FEDERATED_TOKEN_FILE": str(file), "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/"}


def app_service(lakebase: LocalLakebase, _: Path) -> Settings:
    return {"USE_MANAGED_IDENTITY": "true", "IDENTITY_HEADER": lakebase.azure["identity_header"],
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{lakebase.ports['app-service']}/msi/token"}


def user_assigned(lakebase: LocalLakebase, directory: Path) -> Settings:
    return {**app_service(lakebase, directory), "AZURE_CLIENT_ID": inventory.USER_ASSIGNED.name}


def older_app_service(lakebase: LocalLakebase, _: Path) -> Settings:
    return {"ARM_USE_MSI": "true", "MSI_SECRET": lakebase.azure["identity_header"],
            "MSI_ENDPOINT": f"http://127.0.0.1:{lakebase.ports['app-service']}/older/msi/token"}


def cloud_shell(lakebase: LocalLakebase, _: Path) -> Settings:
    return {"ARM_USE_MSI": "true", "MSI_ENDPOINT": f"http://localhost:{lakebase.ports['app-service']}/shell/oauth2/token"}


def arc(lakebase: LocalLakebase, _: Path) -> Settings:
    base = f"http://127.0.0.1:{lakebase.ports['arc']}"
    return {"ARM_USE_MSI": "true", "IDENTITY_ENDPOINT": f"{base}/metadata/identity/oauth2/token", "IMDS_ENDPOINT": base}


def github(lakebase: LocalLakebase, _: Path) -> Settings:
    return {"ARM_CLIENT_ID": inventory.AZURE_APP.name, "ARM_TENANT_ID": inventory.TENANT,
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.actions.githubusercontent.com/job/idtoken?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": lakebase.azure["request_token"],
            "DATABRICKS_AUTH_TYPE": "github-oidc-azure"}


AZ = """#!/bin/sh
# The Azure CLI as far as it is asked: account show, account get-access-token.
case "$1 $2" in
"account show") cat {directory}/account.json ;;
"account get-access-token")
    echo "$@" >> {directory}/asked
    if [ -s {directory}/trouble ]; then cat {directory}/trouble >&2; exit 1; fi
    for word; do
        [ "$last" != --resource ] || other={directory}/$(printf %s "$word" | tr -c a-z0-9 -).json
        last=$word
    done
    if [ -f "$other" ]; then cat "$other"; else cat {directory}/token.json; fi ;;
*) echo "az: '$1' is not in the 'az' command group." >&2; exit 2 ;;
esac
"""


def azure_cli(lakebase: LocalLakebase, directory: Path) -> Settings:
    """Puts a stand-in for az first in the helper's PATH."""
    programs = directory / "programs"
    programs.mkdir(exist_ok=True)
    az = programs / "az"
    az.write_text(AZ.format(directory=programs))
    az.chmod(0o755)
    (programs / "account.json").write_text(json.dumps({"user": {"name": inventory.AZURE_USER.name, "type": "user"}}))
    for resource in resources():
        name = "token" if resource == DATABRICKS else re.sub("[^a-z0-9]", "-", resource)
        (programs / f"{name}.json").write_text(json.dumps({
            "accessToken": lakebase.mint_entra(inventory.AZURE_USER.name, resource), "tokenType": "Bearer", "subscription": "s",
            "tenant": inventory.TENANT,
            "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.123456", time.localtime(time.time() + 3599))}))
    return {"PATH": f"{programs}:{os.environ.get('PATH', '/usr/bin:/bin')}"}


APP, MACHINE = inventory.AZURE_APP.name, inventory.MACHINE.name

SOURCES = [
    Source("client secret", client_secret, APP, "entra", ENTRA, "azure-client-secret"),
    Source("App Service", app_service, MACHINE, "app-service", APP_SERVICE, "azure-msi"),
    Source("user-assigned identity", user_assigned, inventory.USER_ASSIGNED.name, "app-service", APP_SERVICE, "azure-msi"),
    Source("older App Service", older_app_service, MACHINE, "app-service", "GET /older/msi/token", "azure-msi"),
    Source("Cloud Shell", cloud_shell, MACHINE, "app-service", "POST /shell/oauth2/token", "azure-msi"),
    Source("Arc", arc, MACHINE, "arc", IMDS, "azure-msi"),
    Source("certificate, PEM", certificate("pem"), APP, "entra", ENTRA, "azure-client-certificate"),
    Source("certificate, PEM the other way round", certificate("reversed-pem"), APP, "entra", ENTRA,
           "azure-client-certificate"),
    Source("certificate, encrypted PEM", certificate("encrypted-pem"), APP, "entra", ENTRA, "azure-client-certificate"),
    Source("certificate, PKCS#12", certificate("pkcs12"), APP, "entra", ENTRA, "azure-client-certificate"),
    Source("certificate, PKCS#12 without a password", certificate("pkcs12-without-password"), APP, "entra", ENTRA,
           "azure-client-certificate"),
    Source("workload identity", workload_identity, APP, "entra", ENTRA, "azure-workload-identity"),
    Source("GitHub", github, APP, "github-azure", GITHUB, "github-oidc-azure"),
    Source("Azure CLI", azure_cli, inventory.AZURE_USER.name, "", "", "azure-cli"),
]
