"""Each of Azure's sources when the server that it asks is in trouble: the right sentence, in time, without a secret, and
nobody else instead."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.fetch_request import Reply, Request

from .sources import SOURCES, VAULT, Source, app_service

# Real bodies, but for the ids.
ENTRA_BODY = {
    "error": "invalid_client",
    "error_description": "AADSTS7000222: The provided client secret keys for app 'planted' are expired. Visit the Azure portal "
    "to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
    "security: https://aka.ms/certCreds. Trace ID: planted Correlation ID: planted Timestamp: 2026-02-03 10:11:12Z",
    "error_codes": [7000222], "timestamp": "2026-02-03 10:11:12Z", "trace_id": "planted", "correlation_id": "planted",
    "error_uri": "https://login.microsoftonline.com/error?code=7000222"}
IDENTITY_BODY = {"error": "invalid_request", "error_description": "Identity not found"}
VAULT_BODY = {"error": {"code": "Forbidden", "message": "Client address is not authorized and caller is not a trusted "
                        "service.\r\nClient address: 20.30.40.50\r\nCaller: appid=planted", "innererror":
                        {"code": "ForbiddenByFirewall"}}}
GITHUB_BODY = {"message": "planted", "documentation_url": "https://docs.github.com/rest"}
BODIES = {"entra": (ENTRA_BODY, "AADSTS7000222"), "key-vault": (VAULT_BODY, "firewall"),
          "github-azure": (GITHUB_BODY, "id-token: write")}
FIELDS = {"entra": "access_token", "key-vault": "value", "github-azure": "value"}


def vault(lakebase: LocalLakebase, directory: Path) -> dict[str, str]:
    found = app_service(lakebase, directory)
    del found["USE_MANAGED_IDENTITY"]
    return {**found, "DATABRICKS_CLIENT_ID": inventory.GUIDE_APP.name, "KEY_VAULT_NAME": "your-keyvault-name",
            "AZURE_TENANT_ID": inventory.TENANT}


ASKING = [s for s in SOURCES if s.name in ("client secret", "App Service", "Arc", "certificate, PEM", "workload identity",
                                           "GitHub", "older App Service", "Cloud Shell")]
ASKING.append(Source("Key Vault", vault, inventory.GUIDE_APP.name, "key-vault", VAULT))
# What differs in nothing but the request is looked at in every case only now and then.
RARE = ("older App Service", "Cloud Shell", "certificate, PEM")


@pytest.fixture(params=[pytest.param(s, id=s.name, marks=pytest.mark.full if s.name in RARE else ()) for s in ASKING])
def source(request: pytest.FixtureRequest) -> Source:
    return request.param


@pytest.fixture
def signing_in(source: Source, lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> Request:
    request_.environment |= source.settings(lakebase, tmp_path)
    # Who would be next, if a failure let anybody be.
    (tmp_path / "programs").mkdir(exist_ok=True)
    return request_


def failed(request: Request, lakebase: LocalLakebase, source: Source) -> Reply:
    reply = request.run()
    assert reply.code == 1, reply.text
    sentence = reply.sentence
    for secret in [*lakebase.azure["secrets"].values(), lakebase.azure["identity_header"], lakebase.azure["request_token"],
                   lakebase.azure["certificate_password"], "eyJ", "planted", "Local fault"]:
        assert secret not in sentence
    assert "\n" not in sentence and ";" in sentence, sentence
    assert all(server == source.server or route in ("GET /msi/token", "GET /aad/auth")
               for server, route in (name.split(" ", 1) for name in lakebase.counters()["calls"]))
    return reply


def strike(lakebase: LocalLakebase, source: Source, kind: str, **options: Any) -> None:
    # Arc answers 401 first, as it always does.
    lakebase.fault("api", kind, source.route, workspace=source.server, after=1 if source.name == "Arc" else 0, **options)


def test_refused_with_the_servers_own_words(source: Source, signing_in: Request, lakebase: LocalLakebase) -> None:
    body, part = BODIES.get(source.server, (IDENTITY_BODY, "managed identity"))
    strike(lakebase, source, "status", status=400, body=body)
    reply = failed(signing_in, lakebase, source)
    assert reply.permanent and "HTTP 400" in reply.sentence and part in reply.sentence


@pytest.mark.parametrize("status", [401, pytest.param(403, marks=pytest.mark.full)])
def test_refused(source: Source, signing_in: Request, lakebase: LocalLakebase, status: int) -> None:
    strike(lakebase, source, "status", status=status)
    reply = failed(signing_in, lakebase, source)
    assert reply.permanent and f"HTTP {status}" in reply.sentence
    assert lakebase.calls(source.route, source.server) == (2 if source.name == "Arc" else 1)


@pytest.mark.parametrize("status", [429, 500])
def test_what_heals_is_waited_for(source: Source, signing_in: Request, lakebase: LocalLakebase, status: int) -> None:
    strike(lakebase, source, "status", status=status, times=2)
    reply = signing_in.run()
    assert reply.ok, reply.text


@pytest.mark.parametrize("kind, options, part", [
    ("garbage", {}, "cannot be used"), ("wrong_types", {}, "cannot be used"), ("huge", {"bytes": 2 << 20}, "far more"),
    pytest.param("html", {}, "web page", marks=pytest.mark.full),
    pytest.param("redirect", {"location": "https://login.example/"}, "redirect", marks=pytest.mark.full)])
def test_answers_that_are_none(
        source: Source, signing_in: Request, lakebase: LocalLakebase, kind: str, options: dict, part: str) -> None:
    strike(lakebase, source, kind, **options)
    assert part in failed(signing_in, lakebase, source).sentence


@pytest.mark.parametrize("kind", ["missing_field", pytest.param("null_field", marks=pytest.mark.full)])
def test_fields_that_are_missing(source: Source, signing_in: Request, lakebase: LocalLakebase, kind: str) -> None:
    field = FIELDS.get(source.server, "access_token")
    strike(lakebase, source, kind, field=field)
    assert field in failed(signing_in, lakebase, source).sentence


# The answers of the others are no tokens with an end of their own.
@pytest.mark.parametrize("source", [s for s in ASKING if s.server not in ("key-vault", "github-azure")],
                         ids=lambda source: source.name)
def test_a_token_that_has_ended(source: Source, signing_in: Request, lakebase: LocalLakebase) -> None:
    strike(lakebase, source, "expired_token", age=60)
    assert "ended already" in failed(signing_in, lakebase, source).sentence


def test_a_server_that_hangs(source: Source, signing_in: Request, lakebase: LocalLakebase) -> None:
    strike(lakebase, source, "hang")
    signing_in.options["deadline_ms"] = 1500
    started = time.monotonic()
    reply = failed(signing_in, lakebase, source)
    assert time.monotonic() - started < 4
    assert not reply.permanent and any(part in reply.sentence for part in ("in time", "no time", "does not answer"))


@pytest.mark.full
def test_an_outage_ends_in_time(source: Source, signing_in: Request, lakebase: LocalLakebase) -> None:
    strike(lakebase, source, "status", status=503)
    signing_in.options["deadline_ms"] = 1500
    reply = failed(signing_in, lakebase, source)
    assert not reply.permanent and "HTTP 503" in reply.sentence


class TestTheAzureCli:
    """No server: a program that fails, hangs or prints something else."""

    @pytest.fixture
    def cli(self, lakebase: LocalLakebase, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        from .sources import azure_cli

        settings = azure_cli(lakebase, tmp_path)
        monkeypatch.setattr("support.fetch_request.PATH", settings["PATH"])
        return tmp_path / "programs"

    @pytest.mark.parametrize("said, part", [
        ("ERROR: Please run 'az login' to setup account.", "nobody is logged in"),
        ("ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was issued on "
         "2026-01-02T03:04:05Z and was inactive for 90.00:00:00.\nPlease run: az login", "AADSTS700082); the login has expired"),
        ("ERROR: AADSTS50076: Due to a configuration change made by your administrator you must use multi-factor "
         "authentication.", "second factor"),
        ("ERROR: planted", "status 1")])
    def test_it_fails(self, cli: Path, request_: Request, said: str, part: str) -> None:
        (cli / "trouble").write_text(said)
        sentence = request_.run().sentence
        assert part in sentence and "planted" not in sentence

    @pytest.mark.parametrize("content, part", [
        ("not JSON", "no JSON"), ("[]", "no JSON"), ('{"expiresOn":"2036-01-01 00:00:00.0"}', "accessToken"),
        ('{"accessToken":"a","expiresOn":"tomorrow"}', "expiresOn"), ('{"accessToken":1}', "accessToken"),
        ('{"accessToken":"a","expiresOn":"2016-01-01 00:00:00.0"}', "ended already")])
    def test_it_prints_something_else(self, cli: Path, request_: Request, content: str, part: str) -> None:
        (cli / "token.json").write_text(content)
        assert part in request_.run().sentence

    def test_it_hangs(self, cli: Path, request_: Request) -> None:
        (cli / "az").write_text("#!/bin/sh\nsleep 60\n")
        request_.options["deadline_ms"] = 1500
        started = time.monotonic()
        assert "in time" in request_.run().sentence
        assert time.monotonic() - started < 4

    def test_a_managed_identity_has_no_tenant(self, cli: Path, request_: Request) -> None:
        az = cli / "az"
        az.write_text(az.read_text().replace('case "$1 $2"', 'case " $@ " in *" --tenant "*) echo "ERROR: Tenant should not be '
                                             'specified for managed identity account" >&2; exit 1;; esac\ncase "$1 $2"'))
        (cli / "account.json").write_text('{"user":{"name":"systemAssignedIdentity","type":"servicePrincipal"}}')
        assert request_.run().ok
