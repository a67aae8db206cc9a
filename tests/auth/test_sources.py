"""Each way of signing in, from its settings to psql's current_user."""

from __future__ import annotations

import json
import time

import pytest

from lakebase import inventory
from lakebase.api.identity_providers import (AZURE_EXCHANGE, CLUSTER, CLUSTER_SUBJECT, CUSTOM_AUDIENCE, GITHUB,
                                             GOOGLE_ACCOUNT)
from lakebase.client import LocalLakebase
from support.fake_databricks_cli import FakeDatabricksCli

from .conftest import SignIn
from .sources import CREDENTIALS, SOURCES, TOKEN, Source, databricks_cli, private_file, rfc3339

ME = "GET /api/2.0/preview/scim/v2/Me"


@pytest.mark.parametrize("chosen", [False, True], ids=["by order", "by auth_type"])
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.auth_type)
def test_settings_to_current_user(sign_in: SignIn, source: Source, chosen: bool) -> None:
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    if chosen:
        settings["DATABRICKS_AUTH_TYPE"] = source.auth_type
    assert sign_in.user(**settings) == source.user
    assert sign_in.calls()[source.route] >= 1
    sign_in.lakebase.forget()
    assert sign_in.user(**settings) == source.user
    assert sign_in.calls() == {}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.auth_type)
def test_from_a_profile(sign_in: SignIn, source: Source) -> None:
    """Those of a CI job have no keys there."""
    keys = {"DATABRICKS_TOKEN": "token", "DATABRICKS_USERNAME": "username", "DATABRICKS_PASSWORD": "password",
            "DATABRICKS_CLIENT_ID": "client_id", "DATABRICKS_CLIENT_SECRET": "client_secret",
            "DATABRICKS_METADATA_SERVICE_URL": "metadata_service_url", "GOOGLE_CREDENTIALS": "google_credentials",
            "DATABRICKS_OIDC_TOKEN_FILEPATH": "databricks_id_token_filepath", "DATABRICKS_CLOUD": "cloud"}
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    lines = ["[HERE]", f"host = {sign_in.env.pop('DATABRICKS_HOST')}"]
    lines += [f"{keys[name]} = {value}" for name, value in settings.items() if name in keys]
    private_file(sign_in.client.home / ".databrickscfg", "\n".join(lines) + "\n")
    rest = {name: value for name, value in settings.items() if name not in keys}
    assert sign_in.user(DATABRICKS_CONFIG_PROFILE="HERE", **rest) == source.user


@pytest.mark.parametrize("way", ["variable", "?o=", "?w=", "profile"])
def test_the_workspace_s_id_goes_along(sign_in: SignIn, way: str) -> None:
    """Where several workspaces share an address, nothing else tells them apart."""
    workspace = sign_in.lakebase.workspace()
    settings = {"DATABRICKS_CLIENT_ID": inventory.APP.name, "DATABRICKS_CLIENT_SECRET": workspace["secrets"][inventory.APP.name]}
    host = sign_in.env.pop("DATABRICKS_HOST")

    def told(number: str) -> dict[str, str]:
        if way == "profile":
            private_file(sign_in.client.home / ".databrickscfg", f"[HERE]\nhost = {host}\nworkspace_id = {number}\n")
            return {**settings, "DATABRICKS_CONFIG_PROFILE": "HERE"}
        where = {"DATABRICKS_WORKSPACE_ID": number} if way == "variable" else {}
        return {**settings, **where, "DATABRICKS_HOST": host + (f"/{way}{number}" if way.startswith("?") else "")}

    assert "correct or unset workspace_id" in sign_in.refusal(**told("99"))
    assert sign_in.user(**told(workspace["id"])) == inventory.APP.name


# The Databricks CLI.

def test_cli_by_host(sign_in: SignIn) -> None:
    cli = databricks_cli(sign_in.lakebase, sign_in.directory)
    path = f"{cli.path.parent}:/usr/bin:/bin"
    assert sign_in.user(PATH=path, DATABRICKS_CLIENT_SECRET="unused-secret") == inventory.DEV.name
    [call] = cli.calls()
    assert call["argv"] == ["auth", "token", "--host", sign_in.lakebase.workspace()["url"]]
    assert call["directory"] == "/" and call["no_input"] and not [v for v in call["environment"] if v.startswith(("DATABRICKS", "PG", "LD_"))]
    assert {"HOME", "PATH", "SSL_CERT_FILE"} <= set(call["environment"])
    sign_in.lakebase.forget()
    assert sign_in.user(PATH=path) == inventory.DEV.name
    assert len(cli.calls()) == 1 and sign_in.calls() == {}


@pytest.mark.parametrize("version, known", [("0.207.1", True), ("1.13.0", True), ("0.207.0", False), ("0.0.0-dev+0", False)])
def test_cli_by_profile(sign_in: SignIn, version: str, known: bool) -> None:
    url = sign_in.env.pop("DATABRICKS_HOST")
    cli = FakeDatabricksCli(sign_in.directory / "cli", version)
    file = private_file(sign_in.directory / "profiles", f"[ME]\nhost = {url}\nauth_type = databricks-cli\n")
    cli.log_in(["--profile", "ME"] if known else ["--host", url],
               sign_in.lakebase.mint(inventory.DEV.name, kind="workspace"),
               time.strftime("%Y-%m-%d %H:%M:%S.5", time.gmtime(time.time() + 1800)))
    settings = {"DATABRICKS_CLI_PATH": str(cli.path), "DATABRICKS_CONFIG_FILE": file, "DATABRICKS_CONFIG_PROFILE": "ME"}
    assert sign_in.user(**settings) == inventory.DEV.name
    assert [call["argv"][0] for call in cli.calls()][-2:] == ["version", "auth"]
    assert "DATABRICKS_CONFIG_FILE" in cli.calls()[-1]["environment"]


def test_cli_of_an_older_login_does_not_lend_its_name(sign_in: SignIn) -> None:
    """Who signed in anew has a new name, though nothing in the settings says so."""
    cli = databricks_cli(sign_in.lakebase, sign_in.directory)
    path = f"{cli.path.parent}:/usr/bin:/bin"
    assert sign_in.user(PATH=path) == inventory.DEV.name
    sign_in.lakebase.revoke_all("workspace")
    cli.log_in(["--host", sign_in.env["DATABRICKS_HOST"]],
               sign_in.lakebase.mint(inventory.APP.name, kind="workspace"), rfc3339(3600))
    for file in sign_in.client.cache.glob("[ci]*"):
        if not file.name.startswith("lock"):
            file.unlink()
    assert sign_in.user(PATH=path) == inventory.APP.name


@pytest.mark.parametrize("trouble, part", [
    ({"status": 1, "error": "Error: A new access token could not be retrieved because the refresh token is invalid. To "
      "reauthenticate, run the following command: planted-description"}, "the login has ended"),
    ({"status": 1, "error": "panic: planted-description"}, "ended with status 1"),
    ({"output": "planted-description"}, "no JSON object"),
    ({"output": "[]"}, "no JSON object"),
    ({"output": "x" * (2 << 20)}, "wrote far too much"),
    ({"output": json.dumps({"access_token": "", "expiry": rfc3339(99)})}, "access_token is no token"),
    ({"output": json.dumps({"access_token": "t"})}, "expiry is missing"),
    ({"output": json.dumps({"access_token": ["t"], "expiry": 7})}, "access_token is missing or no text"),
    ({"output": json.dumps({"access_token": "t", "expiry": "tomorrow"})}, "expiry is no time"),
    ({"output": json.dumps({"access_token": "t", "expiry": rfc3339(-60)})}, "ended already"),
    pytest.param({"seconds": 60}, "did not end in time", marks=pytest.mark.full),
], ids=["login ended", "crash", "garbage", "no object", "huge", "empty token", "no expiry", "wrong types", "no time", "past",
        "hang"])
def test_cli_faults_stop_the_chain(sign_in: SignIn, trouble: dict[str, object], part: str) -> None:
    cli = databricks_cli(sign_in.lakebase, sign_in.directory)
    cli.tell(**trouble)
    begun = time.monotonic()
    sentence = sign_in.refusal(20, PATH=f"{cli.path.parent}:/usr/bin:/bin",
                               DATABRICKS_OIDC_TOKEN=sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name))
    assert part in sentence and "databricks" in sentence
    assert sign_in.calls() == {} and time.monotonic() - begun < 15


@pytest.mark.parametrize("error", [
    "Error: cache: databricks OAuth is not configured for this host. no cached credentials; run `databricks auth login`",
    "Error: profile \"X\" uses M2M authentication (client_id/client_secret).",
    "Error: A and B match https://w in /home/u/.databrickscfg. Use --profile to specify which profile to use",
])
def test_cli_without_a_login_is_passed_over(sign_in: SignIn, error: str) -> None:
    cli = databricks_cli(sign_in.lakebase, sign_in.directory)
    cli.tell(status=1, error=error, output="")
    settings = {"PATH": f"{cli.path.parent}:/usr/bin:/bin"}
    sentence = sign_in.refusal(**settings)
    assert "databricks-cli: nobody is signed in there with \"databricks auth login --host https://" in sentence
    token = sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name)
    sign_in.env["PGLAKEBASE_CACHE_DIR"] = str(sign_in.directory / "another-cache")
    assert sign_in.user(**settings, DATABRICKS_OIDC_TOKEN=token) == inventory.DEV.name


def test_the_legacy_cli_is_none(sign_in: SignIn) -> None:
    cli = databricks_cli(sign_in.lakebase, sign_in.directory)
    cli.path.write_text("#!/bin/sh\n")
    assert f"{cli.path} is a legacy Databricks CLI" in sign_in.refusal(PATH=f"{cli.path.parent}:/usr/bin:/bin")


def test_the_legacy_cli_is_passed_over_for_a_newer_one(sign_in: SignIn) -> None:
    cli = databricks_cli(sign_in.lakebase, sign_in.directory)
    old = sign_in.directory / "old"
    old.mkdir()
    (old / "databricks").write_text("#!/bin/sh\nexit 1\n")
    (old / "databricks").chmod(0o755)
    assert sign_in.user(PATH=f"{old}:{cli.path.parent}:/usr/bin:/bin") == inventory.DEV.name


# Federation.

def test_the_variable_that_oidc_token_env_names(sign_in: SignIn) -> None:
    token = sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name)
    assert sign_in.user(DATABRICKS_OIDC_TOKEN_ENV="MY_JOBS_TOKEN", MY_JOBS_TOKEN=token,
                        DATABRICKS_OIDC_TOKEN="another") == inventory.DEV.name


def test_a_named_variable_that_is_not_there(sign_in: SignIn) -> None:
    token = sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name)
    sentence = sign_in.refusal(DATABRICKS_OIDC_TOKEN_ENV="MY_JOBS_TOKEN", DATABRICKS_OIDC_TOKEN=token)
    assert "env-oidc: no MY_JOBS_TOKEN (which DATABRICKS_OIDC_TOKEN_ENV names)" in sentence


def test_a_profile_that_names_a_variable(sign_in: SignIn) -> None:
    """The library reads no profiles: the variable must be named in the environment, too."""
    file = private_file(sign_in.directory / "profiles", f"[CI]\nhost = {sign_in.env.pop('DATABRICKS_HOST')}\n"
                        "oidc_token_env = MY_JOBS_TOKEN\n")
    settings = {"DATABRICKS_CONFIG_FILE": file, "DATABRICKS_CONFIG_PROFILE": "CI",
                "MY_JOBS_TOKEN": sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name)}
    assert "set DATABRICKS_OIDC_TOKEN_ENV=MY_JOBS_TOKEN in the environment, too" in sign_in.refusal(**settings)
    assert sign_in.user(**settings, DATABRICKS_OIDC_TOKEN_ENV="MY_JOBS_TOKEN") == inventory.DEV.name


def test_another_token_without_a_client_id_is_another_identity(sign_in: SignIn) -> None:
    settings = {"DATABRICKS_OIDC_TOKEN_ENV": "T"}
    assert sign_in.user(**settings, T=sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name)) == inventory.DEV.name
    assert "env-oidc: " in sign_in.refusal(**settings, T=sign_in.lakebase.vouch(CLUSTER, "nobody@example.com"))


def test_account_wide_federation_is_tried_and_passed_over(sign_in: SignIn) -> None:
    """A job's token that the workspace does not take replaces nobody: the next source has its turn."""
    settings = {**sign_in.lakebase.identities["github"],
                "DATABRICKS_OIDC_TOKEN": sign_in.lakebase.vouch(CLUSTER, inventory.DEV.name)}
    assert sign_in.user(**settings) == inventory.DEV.name
    assert sign_in.calls()[TOKEN] == 2


def test_a_named_principal_is_not_passed_over(sign_in: SignIn) -> None:
    settings = {**sign_in.lakebase.identities["github"], "DATABRICKS_CLIENT_ID": inventory.BATCH.name,
                "DATABRICKS_OIDC_TOKEN": sign_in.lakebase.vouch(CLUSTER, CLUSTER_SUBJECT)}
    sentence = sign_in.refusal(**settings)
    assert "HTTP 400 invalid_grant" in sentence and "federation policy of the service principal" in sentence
    assert sign_in.calls() == {"GET /github/idtoken": 1, TOKEN: 1}


@pytest.mark.parametrize("name", ["github-oidc", "file-oidc"])
def test_audience(sign_in: SignIn, name: str) -> None:
    source = next(s for s in SOURCES if s.auth_type == name)
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    settings["DATABRICKS_TOKEN_AUDIENCE"] = CUSTOM_AUDIENCE
    if name == "file-oidc":
        private_file(sign_in.directory / "id-token", sign_in.lakebase.vouch(CLUSTER, CLUSTER_SUBJECT, CUSTOM_AUDIENCE))
    assert sign_in.user(**settings) == source.user
    settings["DATABRICKS_TOKEN_AUDIENCE"] = "something-else"
    if name == "github-oidc":
        sign_in.env["PGLAKEBASE_CACHE_DIR"] = str(sign_in.directory / "another-cache")
        assert "its audience something-else" in sign_in.refusal(**settings)


def test_a_file_is_read_anew_at_each_refresh(sign_in: SignIn) -> None:
    settings = next(s for s in SOURCES if s.auth_type == "file-oidc").settings(sign_in.lakebase, sign_in.directory)
    file = sign_in.directory / "id-token"
    good = file.read_text()
    file.write_text(sign_in.lakebase.vouch(CLUSTER, CLUSTER_SUBJECT, lifetime=-10))
    assert "HTTP 400 invalid_grant" in sign_in.refusal(**settings)
    file.write_text(good)
    time.sleep(0.1)
    settings["LAKEBASE_ENDPOINT"] = "projects/shop/branches/production/endpoints/readonly"
    assert sign_in.user(**settings) == inventory.BATCH.name


@pytest.mark.parametrize("content, part", [
    (None, "No such file"), ("", "it is empty"), (" \n\t", "it is empty"), ("two words", "blanks stand in it"),
    ("x" * 17000, "too long"), ("x" * 70000, "far too long")], ids=["missing", "empty", "blank", "words", "long", "huge"])
def test_files_that_hold_no_token(sign_in: SignIn, content: str | None, part: str) -> None:
    file = sign_in.directory / "id-token"
    if content is not None:
        private_file(file, content)
    sentence = sign_in.refusal(DATABRICKS_OIDC_TOKEN_FILEPATH=str(file), DATABRICKS_CLIENT_ID=inventory.BATCH.name)
    assert part in sentence and str(file) in sentence and "DATABRICKS_OIDC_TOKEN_FILEPATH" in sentence
    assert sign_in.calls() == {}


def test_github_without_permission(sign_in: SignIn) -> None:
    sentence = sign_in.refusal(ACTIONS_ID_TOKEN_REQUEST_TOKEN="t")
    assert "github-oidc: no ACTIONS_ID_TOKEN_REQUEST_URL" in sentence and "permissions: id-token: write" in sentence


def test_devops_outside_of_a_job(sign_in: SignIn) -> None:
    settings = dict(sign_in.lakebase.identities["devops"])
    del settings["SYSTEM_PLANID"]
    assert "azure-devops-oidc: no SYSTEM_PLANID (this is no job" in sign_in.refusal(**settings)


# Metadata service.

@pytest.mark.parametrize("url", ["http://metadata.example.com/t", "http://127.0.0.2/t", "ftp://localhost/t", "localhost:80"])
def test_a_metadata_service_elsewhere_is_not_asked(sign_in: SignIn, url: str) -> None:
    sentence = sign_in.refusal(DATABRICKS_METADATA_SERVICE_URL=url)
    assert "only localhost and 127.0.0.1 are asked" in sentence and url not in sentence


def test_a_metadata_service_is_not_asked_through_a_proxy(sign_in: SignIn) -> None:
    settings = next(s for s in SOURCES if s.auth_type == "metadata-service").settings(sign_in.lakebase, sign_in.directory)
    assert sign_in.user(**settings, http_proxy="http://127.0.0.1:1", NO_PROXY="localhost") == inventory.DEV.name


# Google.

def test_google_credentials_in_the_variable_itself(sign_in: SignIn) -> None:
    settings = {"GOOGLE_CREDENTIALS": sign_in.lakebase.identities["google_credentials"], "DATABRICKS_CLOUD": "gcp"}
    assert sign_in.user(**settings) == inventory.DEV.name
    assert sign_in.calls()["POST /google/token"] == 2


def test_google_without_the_second_token(sign_in: SignIn) -> None:
    sign_in.lakebase.fault("api", "status", "POST /google/token", status=403, after=1)
    source = next(s for s in SOURCES if s.auth_type == "google-credentials")
    assert sign_in.user(**source.settings(sign_in.lakebase, sign_in.directory)) == inventory.DEV.name


@pytest.mark.parametrize("change, part", [
    ({"type": "authorized_user"}, "its type is not service_account"), ({"private_key": "x"}, "no private RSA key"),
    ({"client_email": None}, "client_email is missing"), ({"token_uri": "http://x/"}, "token_uri is not https")])
def test_google_keys_that_are_none(sign_in: SignIn, change: dict[str, object], part: str) -> None:
    key = json.loads(sign_in.lakebase.identities["google_credentials"]) | change
    sentence = sign_in.refusal(GOOGLE_CREDENTIALS=private_file(sign_in.directory / "key", json.dumps(key)),
                               DATABRICKS_CLOUD="GCP")
    assert part in sentence and "GOOGLE_CREDENTIALS" in sentence


def test_google_elsewhere(sign_in: SignIn) -> None:
    source = next(s for s in SOURCES if s.auth_type == "google-credentials")
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    del settings["DATABRICKS_CLOUD"]
    assert "google-credentials: the workspace is not on Google Cloud" in sign_in.refusal(**settings)


@pytest.mark.parametrize("variable", ["DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"])
@pytest.mark.parametrize("wrapped", ['"{}"', "'{}'", " {}", "{} "])
def test_quotes_that_no_shell_has_taken_away(sign_in: SignIn, variable: str, wrapped: str) -> None:
    source = next(s for s in SOURCES if s.auth_type == "oauth-m2m")
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    settings[variable] = wrapped.format(settings[variable])
    assert f"; take away the blanks or quotes around what {variable} holds" in sign_in.refusal(**settings)


@pytest.mark.parametrize("address", ["{}", "https://{}", "{}:443", "https://{}/"])
def test_the_databases_host_is_not_the_workspaces(sign_in: SignIn, address: str) -> None:
    sentence = sign_in.refusal(DATABRICKS_HOST=address.format(inventory.HOSTS["demo"]), DATABRICKS_TOKEN="dapi1")
    assert "DATABRICKS_HOST cannot be used: it is a database's, not the workspace's" in sentence


@pytest.mark.parametrize("settings, part", [
    ({"PGLAKEBASE_TTL": "60"}, "the ttl (from PGLAKEBASE_TTL), 300 to 3600 seconds"),
    ({"PGLAKEBASE_GROUP": "nobodys"}, "that the account has the group (from PGLAKEBASE_GROUP)"),
    ({"PGLAKEBASE_CLAIMS": '[{"permission_set":"READ_WRITE"}]'}, "claims and group where they are set")])
def test_wishes_that_are_refused(sign_in: SignIn, settings: dict[str, str], part: str) -> None:
    source = next(s for s in SOURCES if s.auth_type == "oauth-m2m")
    assert part in sign_in.refusal(**source.settings(sign_in.lakebase, sign_in.directory), **settings)


def test_an_endpoint_that_ends_with_a_slash(sign_in: SignIn) -> None:
    source = next(s for s in SOURCES if s.auth_type == "oauth-m2m")
    sign_in.env["LAKEBASE_ENDPOINT"] += "/"
    assert sign_in.user(**source.settings(sign_in.lakebase, sign_in.directory)) == source.user
