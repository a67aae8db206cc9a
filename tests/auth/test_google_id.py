"""A Google service account that this machine, or a key, may act as. Google's own names lead to the local servers."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator

import pytest

from lakebase import inventory
from support.connect_proxy import ConnectProxy

from .conftest import SignIn
from .sources import private_file

ID = "POST /v1/projects/-/serviceAccounts/{account}:generateIdToken"
ACCESS = "POST /v1/projects/-/serviceAccounts/{account}:generateAccessToken"
REFRESH = "POST /token"
EXCHANGE = "POST /v1/token"
SERVERS = ("iamcredentials.googleapis.com", "oauth2.googleapis.com", "sts.googleapis.com")
MACHINE = "GET /computeMetadata/v1/instance/service-accounts/default/token"


@pytest.fixture
def google(sign_in: SignIn) -> Iterator[SignIn]:
    """The way to Google's servers leads through a proxy that knows better."""
    lakebase = sign_in.lakebase
    with ConnectProxy(leads_to={f"{server}:443": ("127.0.0.1", lakebase.ports["api"]) for server in SERVERS}) as proxy:
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


def logged_in(google: SignIn, **changes: object) -> str:
    """Where gcloud auth application-default login leaves what it got."""
    file = google.client.home / ".config" / "gcloud" / "application_default_credentials.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {**json.loads(google.lakebase.identities["google_login"]), **changes}
    return private_file(file, json.dumps({name: value for name, value in content.items() if value is not None}))


def acting(google: SignIn, source: dict, account: str = "") -> dict:
    """As gcloud writes it with --impersonate-service-account."""
    account = account or google.lakebase.identities["google_account"]
    return {"type": "impersonated_service_account", "delegates": [], "source_credentials": source,
            "service_account_impersonation_url":
                f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"}


def federated(google: SignIn, **source: object) -> dict:
    """As gcloud iam workload-identity-pools create-cred-config writes it."""
    provider = google.lakebase.identities["google_provider"]
    return {"type": "external_account", "audience": provider, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source,
            "service_account_impersonation_url": acting(google, {})["service_account_impersonation_url"]}


def provider_token(google: SignIn) -> str:
    return google.lakebase.vouch("https://cluster.example.com", "system:serviceaccount:shop:nightly",
                                 "https:" + google.lakebase.identities["google_provider"])


def test_by_a_login_of_gcloud(google: SignIn) -> None:
    logged_in(google)
    assert google.user() == inventory.DEV.name
    calls = google.calls()
    assert (calls[REFRESH], calls[ID], calls[ACCESS]) == (1, 1, 1) and MACHINE not in calls
    google.lakebase.forget()
    assert google.user() == inventory.DEV.name
    assert google.calls() == {}


def test_a_key_goes_before_a_login(google: SignIn) -> None:
    logged_in(google)
    key = private_file(google.directory / "key.json", google.lakebase.identities["google_credentials"])
    assert google.user(GOOGLE_APPLICATION_CREDENTIALS=key) == inventory.DEV.name
    assert REFRESH not in google.calls()


def test_a_login_named_by_the_variable(google: SignIn) -> None:
    file = private_file(google.directory / "login.json", google.lakebase.identities["google_login"])
    assert google.user(GOOGLE_APPLICATION_CREDENTIALS=file) == inventory.DEV.name
    assert google.calls()[REFRESH] == 1


@pytest.mark.parametrize("changes, parts", [
    ({"refresh_token": "1//gone"}, ["HTTP 400 invalid_grant", "gcloud auth application-default login"]),
    ({"client_secret": "another"}, ["HTTP 401 invalid_client"]),
    ({"client_id": None}, ["client_id is missing"]),
    ({"refresh_token": None}, ["refresh_token is missing"]),
    ({"refresh_token": 7}, ["refresh_token is missing"]),
    ({"type": None}, ["type is missing"]),
    ({"type": "gdch_service_account"}, ["the type gdch_service_account are not supported"]),
    ({"token_uri": "https://login.example.com/token"}, ["token_uri is no address of googleapis.com"]),
    ({"token_uri": "http://oauth2.googleapis.com/token"}, ["token_uri is no address of googleapis.com"]),
    ({"token_uri": "https://googleapis.com.example.com/"}, ["token_uri is no address of googleapis.com"]),
    ({"quota_project_id": "other"}, ["HTTP 403", "iam.serviceAccountTokenCreator"])])
def test_logins_that_will_not_do(google: SignIn, changes: dict, parts: list[str]) -> None:
    file = logged_in(google, **changes)
    sentence = google.refusal()
    assert all(part in sentence for part in parts), sentence
    assert file in sentence and "signing in by google-id" in sentence and MACHINE not in google.calls()


@pytest.mark.parametrize("content", ["", "{", "[]", "\0"])
def test_a_file_that_is_none(google: SignIn, content: str) -> None:
    private_file(google.client.home / "login", content)
    sentence = google.refusal(GOOGLE_APPLICATION_CREDENTIALS=str(google.client.home / "login"))
    assert "it is no JSON object" in sentence


def test_a_login_that_may_not_be_read_is_no_reason_to_be_another(google: SignIn) -> None:
    (google.client.home / ".config" / "gcloud" / "application_default_credentials.json").mkdir(parents=True)
    assert "may not be read" in google.refusal()
    assert google.calls() == {}


@pytest.mark.parametrize("source", ["a login", "a key"])
def test_by_somebody_who_acts_as_another(google: SignIn, source: str) -> None:
    known = google.lakebase.identities["google_login" if source == "a login" else "google_credentials"]
    file = private_file(google.directory / "acting.json", json.dumps(acting(google, json.loads(known))))
    assert google.user(GOOGLE_APPLICATION_CREDENTIALS=file) == inventory.DEV.name
    calls = google.calls()
    assert (calls[ACCESS], calls[ID]) == (2, 1)


@pytest.mark.parametrize("content, part", [
    ({"source_credentials": None}, "source_credentials is missing"),
    ({"source_credentials": {"type": "authorized_user"}}, "client_id is missing"),
    ({"service_account_impersonation_url": None}, "service_account_impersonation_url is missing"),
    ({"service_account_impersonation_url": "https://example.com/a:generateAccessToken"}, "no address of googleapis.com")])
def test_acting_that_will_not_do(google: SignIn, content: dict, part: str) -> None:
    whole = {**acting(google, json.loads(google.lakebase.identities["google_login"])), **content}
    file = private_file(google.directory / "acting.json", json.dumps(whole))
    assert part in google.refusal(GOOGLE_APPLICATION_CREDENTIALS=file)


def test_an_account_that_its_owner_may_not_act_as(google: SignIn) -> None:
    whole = acting(google, json.loads(google.lakebase.identities["google_login"]), "other@shop-project.iam.gserviceaccount.com")
    file = private_file(google.directory / "acting.json", json.dumps(whole))
    sentence = google.refusal(GOOGLE_APPLICATION_CREDENTIALS=file)
    assert "HTTP 403" in sentence and f"who stands in the credentials (from {file}" not in sentence
    assert "iam.serviceAccountTokenCreator" in sentence


@pytest.mark.parametrize("form", ["text", "json"])
def test_by_another_providers_token_in_a_file(google: SignIn, form: str) -> None:
    """Read anew at each sign-in."""
    token = provider_token(google)
    file = private_file(google.directory / "token", f" {token}\n" if form == "text" else json.dumps({"id_token": token}))
    source: dict = {"file": file}
    if form == "json":
        source["format"] = {"type": "json", "subject_token_field_name": "id_token"}
    settings = private_file(google.directory / "federated.json", json.dumps(federated(google, **source)))
    assert google.user(GOOGLE_APPLICATION_CREDENTIALS=settings) == inventory.DEV.name
    calls = google.calls()
    assert (calls[EXCHANGE], calls[ACCESS], calls[ID]) == (1, 2, 1)


class Provider(http.server.BaseHTTPRequestHandler):
    """A metadata server that hands out the machine's own token, to those who know the header."""

    token = ""

    def do_GET(self) -> None:
        known = self.headers.get("Metadata") == "True"
        body = json.dumps({"access_token": self.token} if known else {"error": "no"}).encode()
        self.send_response(200 if known else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("headers", [{"Metadata": "True"}, {}])
def test_by_another_providers_token_from_an_address(google: SignIn, headers: dict[str, str]) -> None:
    provider = type("ThisProvider", (Provider,), {"token": provider_token(google)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        whole = federated(google, url=f"http://127.0.0.1:{server.server_port}/token", headers=headers,
                          format={"type": "json", "subject_token_field_name": "access_token"})
        file = private_file(google.directory / "federated.json", json.dumps(whole))
        if headers:
            assert google.user(GOOGLE_APPLICATION_CREDENTIALS=file) == inventory.DEV.name
        else:
            sentence = google.refusal(GOOGLE_APPLICATION_CREDENTIALS=file)
            assert "HTTP 400" in sentence and "check credential_source" in sentence
        server.shutdown()


@pytest.mark.parametrize("source, part", [
    ({"file": "/nowhere/token"}, "/nowhere/token cannot be read"),
    ({"file": "{empty}"}, "is empty"),
    ({"file": "{other}"}, "HTTP 400 invalid_grant"),
    ({"file": "{other}", "format": {"type": "json", "subject_token_field_name": "a"}}, "has no a"),
    ({"file": "{other}", "format": {"type": "json"}}, "subject_token_field_name is missing"),
    ({"url": "http://example.com/token"}, "no address of this machine or its cloud"),
    ({"executable": {"command": "/bin/true"}}, "only file and url are supported"),
    ({"environment_id": "aws1", "url": "http://169.254.169.254/"}, "only file and url are supported"),
    ({"certificate": {}}, "only file and url are supported"), ({}, "only file and url are supported")])
def test_another_providers_token_that_cannot_be_had(google: SignIn, source: dict, part: str) -> None:
    places = {"{empty}": private_file(google.directory / "empty", "\n"), "{other}": private_file(google.directory / "other", "a.b.c")}
    source = {name: places.get(str(value), value) for name, value in source.items()}
    file = private_file(google.directory / "federated.json", json.dumps(federated(google, **source)))
    sentence = google.refusal(GOOGLE_APPLICATION_CREDENTIALS=file)
    assert part in sentence and "signing in by google-id" in sentence


@pytest.mark.parametrize("kind, options, part", [
    ("garbage", {}, "no JSON object"), ("missing_field", {"field": "access_token"}, "is missing"),
    ("status", {"status": 429, "retry_after": 60}, "limits how often")])
@pytest.mark.parametrize("route", [REFRESH, EXCHANGE])
def test_new_answers_that_cannot_be_used(google: SignIn, route: str, kind: str, options: dict, part: str) -> None:
    whole = json.loads(google.lakebase.identities["google_login"])
    if route == EXCHANGE:
        whole = federated(google, file=private_file(google.directory / "token", provider_token(google)))
    file = private_file(google.directory / "file.json", json.dumps(whole))
    google.lakebase.fault("api", kind, route, **options)
    assert part in google.refusal(GOOGLE_APPLICATION_CREDENTIALS=file)


@pytest.mark.parametrize("kind", ["acting", "federated"])
def test_google_credentials_that_act(google: SignIn, kind: str) -> None:
    """google-credentials takes them, too; the account itself asks for its ID token."""
    del google.env["DATABRICKS_GOOGLE_SERVICE_ACCOUNT"]
    whole = acting(google, json.loads(google.lakebase.identities["google_login"]))
    if kind == "federated":
        whole = federated(google, file=private_file(google.directory / "token", provider_token(google)))
    assert google.user(GOOGLE_CREDENTIALS=json.dumps(whole)) == inventory.DEV.name
    assert google.calls()[ID] == 1


def test_a_workforce_is_not_supported(google: SignIn) -> None:
    whole = {**federated(google, file="/nowhere"), "workforce_pool_user_project": "123456789012"}
    file = private_file(google.directory / "federated.json", json.dumps(whole))
    assert "those of a workforce pool are not supported" in google.refusal(GOOGLE_APPLICATION_CREDENTIALS=file)


def test_google_credentials_are_no_persons(google: SignIn) -> None:
    """As in the SDK: a person has no ID token for an audience."""
    del google.env["DATABRICKS_GOOGLE_SERVICE_ACCOUNT"]
    sentence = google.refusal(GOOGLE_CREDENTIALS=google.lakebase.identities["google_login"])
    assert "its type is not service_account" in sentence and "signing in by google-credentials" in sentence
