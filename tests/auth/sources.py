"""Every way of signing in, with the settings that choose it and the server that it asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lakebase import inventory
from lakebase.api.identity_providers import CLUSTER, CLUSTER_SUBJECT
from lakebase.client import LocalLakebase
from support.fake_databricks_cli import FakeDatabricksCli

TOKEN = "POST /oidc/v1/token"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
GITHUB = "GET /github/idtoken"
DEVOPS = ("POST /devops/{organization}/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken")
METADATA = "GET /metadata-service/{session}"
GOOGLE = "POST /google/token"

OAUTH_REFUSAL = {"error": "invalid_grant", "error_description": "planted-description of the subject token"}
GITHUB_REFUSAL = {"message": "planted-description", "documentation_url": "https://docs.github.com/rest"}
DEVOPS_REFUSAL = {"$id": "1", "message": "planted-description", "typeKey": "VssServiceException", "errorCode": 0}
DATABRICKS_REFUSAL = {"error_code": "INVALID_PARAMETER_VALUE", "message": "planted-description", "details": []}

Settings = dict[str, str]


@dataclass(frozen=True)
class Source:
    auth_type: str
    settings: Callable[[LocalLakebase, Path], Settings]
    user: str
    route: str  # of the first server that it asks
    refusal: object  # that server's body for 400
    fields: tuple[str, ...]  # what the answer must have
    lacking: str  # what is said where it is not configured

    @property
    def address(self) -> str:
        """The setting that names the server, where it is not the workspace."""
        return {GITHUB: "ACTIONS_ID_TOKEN_REQUEST_URL", DEVOPS: "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
                METADATA: "DATABRICKS_METADATA_SERVICE_URL", GOOGLE: ""}.get(self.route, "DATABRICKS_HOST")


def private_file(path: Path, text: str) -> str:
    path.touch(mode=0o600)
    path.write_text(text)
    return str(path)


def rfc3339(seconds_from_now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(time.time() + seconds_from_now))


def databricks_cli(lakebase: LocalLakebase, directory: Path) -> FakeDatabricksCli:
    cli = FakeDatabricksCli(directory / "cli")
    cli.log_in(["--host", lakebase.workspace()["url"]], lakebase.mint(inventory.DEV.name, kind="workspace"), rfc3339(3600))
    return cli


SOURCES = (
    Source("pat", lambda lakebase, _: {"DATABRICKS_TOKEN": lakebase.workspace()["pats"][inventory.DEV.name]},
           inventory.DEV.name, CREDENTIALS, DATABRICKS_REFUSAL, ("token",), "no token (DATABRICKS_TOKEN)"),
    Source("basic", lambda lakebase, _: {"DATABRICKS_USERNAME": inventory.DEV.name,
                                         "DATABRICKS_PASSWORD": lakebase.workspace()["passwords"][inventory.DEV.name]},
           inventory.DEV.name, CREDENTIALS, DATABRICKS_REFUSAL, ("token",),
           "no username (DATABRICKS_USERNAME)"),
    Source("oauth-m2m", lambda lakebase, _: {"DATABRICKS_CLIENT_ID": inventory.APP.name,
                                             "DATABRICKS_CLIENT_SECRET": lakebase.workspace()["secrets"][inventory.APP.name]},
           inventory.APP.name, TOKEN, OAUTH_REFUSAL, ("access_token", "token_type", "expires_in"),
           "no client_id (DATABRICKS_CLIENT_ID)"),
    Source("metadata-service", lambda lakebase, _: {
               "DATABRICKS_METADATA_SERVICE_URL": lakebase.identities["metadata_service_url"]},
           inventory.DEV.name, METADATA, {"error": "planted-description"}, ("access_token", "expires_on"),
           "no metadata_service_url (DATABRICKS_METADATA_SERVICE_URL)"),
    Source("github-oidc", lambda lakebase, _: {**lakebase.identities["github"], "DATABRICKS_CLIENT_ID": inventory.APP.name},
           inventory.APP.name, GITHUB, GITHUB_REFUSAL, ("value",), "no ACTIONS_ID_TOKEN_REQUEST_URL"),
    Source("azure-devops-oidc", lambda lakebase, _: {**lakebase.identities["devops"],
                                                     "DATABRICKS_CLIENT_ID": inventory.APP.name},
           inventory.APP.name, DEVOPS, DEVOPS_REFUSAL, ("oidcToken",), "no SYSTEM_ACCESSTOKEN"),
    Source("env-oidc", lambda lakebase, _: {"DATABRICKS_OIDC_TOKEN": lakebase.vouch(CLUSTER, CLUSTER_SUBJECT),
                                            "DATABRICKS_CLIENT_ID": inventory.BATCH.name},
           inventory.BATCH.name, TOKEN, OAUTH_REFUSAL, ("access_token", "token_type", "expires_in"),
           "no DATABRICKS_OIDC_TOKEN"),
    Source("file-oidc", lambda lakebase, directory: {
               "DATABRICKS_OIDC_TOKEN_FILEPATH":
                   private_file(directory / "id-token", f"\n {lakebase.vouch(CLUSTER, CLUSTER_SUBJECT)} \n"),
               "DATABRICKS_CLIENT_ID": inventory.BATCH.name},
           inventory.BATCH.name, TOKEN, OAUTH_REFUSAL, ("access_token", "token_type", "expires_in"),
           "no databricks_id_token_filepath"),
    Source("google-credentials", lambda lakebase, directory: {
               "GOOGLE_CREDENTIALS": private_file(directory / "key.json", lakebase.identities["google_credentials"]),
               "DATABRICKS_CLOUD": "GCP"},
           inventory.DEV.name, GOOGLE, {"error": "invalid_grant", "error_description": "planted-description"}, ("id_token",),
           "no google_credentials (GOOGLE_CREDENTIALS)"),
)
CLI = "databricks-cli"
GOOGLE_ID = "google-id"
# In the order of databricks-sdk-go.
NAMES = ("pat", "basic", "oauth-m2m", CLI, "metadata-service", "github-oidc", "azure-devops-oidc", "env-oidc", "file-oidc",
         "google-credentials", GOOGLE_ID)
