"""Any secret setting may say where the secret is kept: each source with each kind of reference that needs no server."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from lakebase import inventory

from .conftest import SignIn
from .sources import SOURCES, Source, private_file

SECRETS = {"pat": "DATABRICKS_TOKEN", "basic": "DATABRICKS_PASSWORD", "oauth-m2m": "DATABRICKS_CLIENT_SECRET",
           "metadata-service": "DATABRICKS_METADATA_SERVICE_URL", "github-oidc": "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
           "azure-devops-oidc": "SYSTEM_ACCESSTOKEN", "env-oidc": "DATABRICKS_OIDC_TOKEN",
           "google-credentials": "GOOGLE_CREDENTIALS"}
KEYS = {"pat": "token", "basic": "password", "oauth-m2m": "client_secret", "metadata-service": "metadata_service_url",
        "google-credentials": "google_credentials"}


@pytest.fixture(params=SECRETS)
def source(request: pytest.FixtureRequest) -> Source:
    return next(s for s in SOURCES if s.auth_type == request.param)


def moved(sign_in: SignIn, source: Source) -> tuple[dict[str, str], str]:
    """The source's other settings, and the file where its secret is now."""
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    secret = settings.pop(SECRETS[source.auth_type])
    if source.auth_type == "google-credentials":
        secret = Path(secret).read_text()
    return settings, private_file(sign_in.directory / "the secret", f"\n {secret}\n")


@pytest.mark.parametrize("kind", ["env", "file", "command"])
def test_settings_to_current_user(sign_in: SignIn, source: Source, kind: str) -> None:
    settings, file = moved(sign_in, source)
    reference = {"env": "env:KEPT_HERE", "file": f"file:{file}", "command": f"command:cat {shlex.quote(file)}"}[kind]
    if kind == "env":
        settings["KEPT_HERE"] = Path(file).read_text().strip()
    settings[SECRETS[source.auth_type]] = reference
    assert sign_in.user(**settings) == source.user
    sign_in.lakebase.forget()
    assert sign_in.user(**settings) == source.user
    assert sign_in.calls() == {}


@pytest.mark.parametrize("name", KEYS)
def test_from_a_profile(sign_in: SignIn, name: str) -> None:
    source = next(s for s in SOURCES if s.auth_type == name)
    settings, file = moved(sign_in, source)
    others = {"DATABRICKS_USERNAME": "username", "DATABRICKS_CLIENT_ID": "client_id", "DATABRICKS_CLOUD": "cloud"}
    lines = ["[HERE]", f"host = {sign_in.env.pop('DATABRICKS_HOST')}", f"{KEYS[name]} = file:{file}"]
    lines += [f"{others[variable]} = {value}" for variable, value in settings.items()]
    private_file(sign_in.client.home / ".databrickscfg", "\n".join(lines) + "\n")
    assert sign_in.user(DATABRICKS_CONFIG_PROFILE="HERE") == source.user


def test_what_is_not_there_stops_the_chain(sign_in: SignIn, source: Source) -> None:
    settings, _ = moved(sign_in, source)
    settings[SECRETS[source.auth_type]] = "file:/nowhere/secret"
    sentence = sign_in.refusal(3, **settings)
    assert "/nowhere/secret cannot be opened" in sentence and f"signing in by {source.auth_type}" in sentence
    assert SECRETS[source.auth_type] in sentence and sign_in.calls() == {}


def test_a_secret_that_was_changed_is_seen_at_the_next_sign_in(sign_in: SignIn) -> None:
    source = next(s for s in SOURCES if s.auth_type == "basic")
    settings, file = moved(sign_in, source)
    settings["DATABRICKS_PASSWORD"] = f"file:{file}"
    right = Path(file).read_text()
    Path(file).write_text("another")
    assert "HTTP 401" in sign_in.refusal(3, **settings)
    Path(file).write_text(right)
    settings["LAKEBASE_ENDPOINT"] = "projects/shop/branches/production/endpoints/readonly"
    assert sign_in.user(**settings) == inventory.DEV.name


def test_another_service_s_address_is_another_entry(sign_in: SignIn) -> None:
    """Whoever knows the address gets tokens: it stands in no record."""
    source = next(s for s in SOURCES if s.auth_type == "metadata-service")
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    assert sign_in.user(**settings) == source.user
    url = settings["DATABRICKS_METADATA_SERVICE_URL"]
    assert all(url.rpartition("/")[2].encode() not in file.read_bytes() for file in sign_in.client.cache.iterdir())
    assert "HTTP 404" in sign_in.refusal(3, DATABRICKS_METADATA_SERVICE_URL=url[:-4] + "0000")
