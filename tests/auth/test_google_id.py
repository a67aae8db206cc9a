"""A Google service account that this machine, or a key, may act as. Google's own names lead to the local servers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lakebase import inventory
from support.connect_proxy import ConnectProxy

from .conftest import SignIn
from .sources import private_file

ID = "POST /v1/projects/-/serviceAccounts/{account}:generateIdToken"
ACCESS = "POST /v1/projects/-/serviceAccounts/{account}:generateAccessToken"
MACHINE = "GET /computeMetadata/v1/instance/service-accounts/default/token"


@pytest.fixture
def google(sign_in: SignIn) -> Iterator[SignIn]:
    """The way to iamcredentials.googleapis.com leads through a proxy that knows better."""
    lakebase = sign_in.lakebase
    with ConnectProxy(leads_to={"iamcredentials.googleapis.com:443": ("127.0.0.1", lakebase.ports["api"])}) as proxy:
        sign_in.env |= {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "DATABRICKS_CLOUD": "GCP",
                        "NO_PROXY": "localhost", "DATABRICKS_GOOGLE_SERVICE_ACCOUNT": lakebase.identities["google_account"],
                        "GCE_METADATA_HOST": f"127.0.0.1:{lakebase.ports['local']}"}
        yield sign_in


@pytest.mark.parametrize("chosen", [False, True], ids=["by order", "by auth_type"])
def test_by_the_machine(google: SignIn, chosen: bool) -> None:
    if chosen:
        google.env["DATABRICKS_AUTH_TYPE"] = "google-id"
    assert google.user() == inventory.DEV.name
    calls = google.calls()
    assert (calls[MACHINE], calls[ID], calls[ACCESS]) == (1, 1, 1)
    google.lakebase.forget()
    assert google.user() == inventory.DEV.name
    assert google.calls() == {}


def test_by_a_key_that_may_act_as_another(google: SignIn) -> None:
    key = private_file(google.directory / "key.json", google.lakebase.identities["google_credentials"])
    assert google.user(GOOGLE_APPLICATION_CREDENTIALS=key) == inventory.DEV.name
    calls = google.calls()
    assert MACHINE not in calls and calls[ID] == 1


def test_without_the_second_token(google: SignIn) -> None:
    google.lakebase.fault("api", "status", ACCESS, status=403)
    assert google.user() == inventory.DEV.name


def test_an_account_that_may_not_be_acted_as(google: SignIn) -> None:
    sentence = google.refusal(DATABRICKS_GOOGLE_SERVICE_ACCOUNT="other@shop-project.iam.gserviceaccount.com")
    assert "HTTP 403" in sentence and "iam.serviceAccountTokenCreator" in sentence and "signing in by google-id" in sentence


@pytest.mark.parametrize("route, field", [(MACHINE, "access_token"), (ID, "token")])
@pytest.mark.parametrize("kind, part", [("garbage", "no JSON object"), ("missing_field", "is missing"),
                                        ("wrong_types", "missing or no text"), ("huge", "far more than a credential")])
def test_answers_that_cannot_be_used(google: SignIn, route: str, field: str, kind: str, part: str) -> None:
    options = {"missing_field": {"field": field}, "huge": {"bytes": 2 << 20}}.get(kind, {})
    google.lakebase.fault("api", kind, route, **options)
    sentence = google.refusal()
    assert part in sentence and "signing in by google-id" in sentence


@pytest.mark.parametrize("route", [MACHINE, ID])
@pytest.mark.parametrize("status", [400, 401, 403])
def test_refusals(google: SignIn, route: str, status: int) -> None:
    google.lakebase.fault("api", "status", route, status=status,
                          body={"error": {"code": status, "message": "planted-description", "status": "PERMISSION_DENIED"}})
    assert f"HTTP {status}" in google.refusal()


@pytest.mark.parametrize("route", [MACHINE, ID])
@pytest.mark.parametrize("options, part", [
    ({"status": 429, "retry_after": 60}, "limits how often"),
    pytest.param({"status": 500}, "could not answer", marks=pytest.mark.full)])
def test_troubles_that_pass(google: SignIn, route: str, options: dict, part: str) -> None:
    google.lakebase.fault("api", "status", route, **options)
    assert part in google.refusal()


def test_nobody_listens(google: SignIn) -> None:
    assert "nobody listens at http://127.0.0.1:1" in google.refusal(GCE_METADATA_HOST="127.0.0.1:1")


@pytest.mark.full
def test_it_hangs(google: SignIn) -> None:
    google.lakebase.fault("api", "hang", MACHINE)
    sentence = google.refusal(6)
    assert "in time" in sentence or "still under way" in sentence
    # Whoever asks again hears why, once the helper has given up.
    assert "in time" in google.refusal(45)


def test_a_token_that_has_ended(google: SignIn) -> None:
    google.lakebase.fault("api", "expired_token", ID, age=7200)
    assert "has ended already" in google.refusal()


def test_a_machine_that_is_not_googles_costs_a_second_once(google: SignIn) -> None:
    """192.0.2.0/24 leads nowhere, but is no address of a metadata server; 10.255.255.1 is like one that does not answer."""
    google.env["GCE_METADATA_HOST"] = "10.255.255.1"
    begun = time.monotonic()
    first = google.refusal()
    spent = time.monotonic() - begun
    assert "http://10.255.255.1" in first and "signing in by google-id" in first
    assert spent < 4
    # Another database, another request: what was found out is shared.
    begun = time.monotonic()
    google.refusal(LAKEBASE_ENDPOINT="projects/shop/branches/production/endpoints/readonly")
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("host", ["metadata.example.com", "8.8.8.8", "localhost:1@example.com"])
def test_no_other_host_is_asked_without_tls(google: SignIn, host: str) -> None:
    assert "no address of this machine or its cloud" in google.refusal(GCE_METADATA_HOST=host)
