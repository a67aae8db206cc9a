"""The real helper when something is wrong: each fault gives the right sentence, in time, without a secret."""

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.certificates import API_NAMES, Authority, self_signed
from lakebase.client import LocalLakebase
from support.connect_proxy import ConnectProxy
from support.fetch_request import Reply, Request
from support.tls_front import Front

pytestmark = pytest.mark.sanitized

TOKEN = "POST /oidc/v1/token"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
DISCOVERY = "GET /oidc/.well-known/oauth-authorization-server"
ROUTES = [TOKEN, CREDENTIALS]

# Where time must be looked at: what goes wrong lasts as long as the helper may live (30 s by default) or as one call may
# (10 s); these bounds are far below that, and far above what a busy machine takes.
WELL_BEFORE_THE_DEADLINE = 15
WELL_BEFORE_A_CALL_IS_GIVEN_UP = 8


def failed(request: Request, lakebase: LocalLakebase) -> Reply:
    reply = request.run()
    assert reply.code == 1
    sentence = reply.sentence
    workspace = lakebase.workspace()
    for secret in [*workspace["secrets"].values(), *workspace["pats"].values(), "eyJ", "Local fault"]:
        assert secret not in sentence
    assert "\n" not in sentence and not sentence.endswith(".")
    assert ";" in sentence, "a sentence ends with what to do"
    return reply


def calls(lakebase: LocalLakebase, route: str) -> int:
    return lakebase.calls(route)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_credential_is_final_in_one_call(lakebase: LocalLakebase, request_: Request, status: int) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=status)
    reply = failed(request_, lakebase)
    assert reply.permanent
    assert f"HTTP {status}" in reply.sentence and lakebase.workspace()["url"] in reply.sentence
    assert reply.hold == 10
    assert calls(lakebase, CREDENTIALS) == 1


def test_a_wrong_secret(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment["DATABRICKS_CLIENT_SECRET"] = "wrong-secret"
    reply = failed(request_, lakebase)
    assert reply.permanent
    for part in ("HTTP 401 invalid_client", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"):
        assert part in reply.sentence
    assert "wrong-secret" not in reply.sentence
    assert lakebase.counters()["calls"] == {f"demo {TOKEN}": 1}


def test_a_wrong_pat(lakebase: LocalLakebase, pat_request: Request) -> None:
    pat_request.environment["DATABRICKS_TOKEN"] = "dapi00000000000000000000000000000000"
    reply = failed(pat_request, lakebase)
    assert reply.permanent and "HTTP 401" in reply.sentence
    assert "dapi" not in reply.sentence
    assert calls(lakebase, CREDENTIALS) == 1


def test_a_wrong_endpoint(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment["LAKEBASE_ENDPOINT"] = "projects/shop/branches/gone/endpoints/primary"
    reply = failed(request_, lakebase)
    assert "HTTP 404 NOT_FOUND" in reply.sentence and "branches/gone" in reply.sentence


def test_the_token_endpoint_is_discovered_where_its_path_is_not(lakebase: LocalLakebase, request_: Request) -> None:
    lakebase.fault("api", "status", TOKEN, status=404, times=1)
    assert request_.run().ok
    assert calls(lakebase, DISCOVERY) == 1


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_heals_is_waited_for(lakebase: LocalLakebase, request_: Request, route: str, status: int) -> None:
    lakebase.fault("api", "status", route, status=status, times=2)
    assert request_.run().ok
    assert calls(lakebase, route) == 3


@pytest.mark.parametrize("kind", ["reset", "reset_after_headers", "truncate"])
def test_broken_connections_heal(lakebase: LocalLakebase, request_: Request, kind: str) -> None:
    lakebase.fault("api", kind, CREDENTIALS, times=2)
    assert request_.run().ok


@pytest.mark.parametrize("retry_after, least", [("1", 1.0), ("date:2", 1.0)])
def test_retry_after_is_kept(lakebase: LocalLakebase, request_: Request, retry_after: str, least: float) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=429, retry_after=retry_after, times=1)
    started = time.monotonic()
    assert request_.run().ok
    assert least <= time.monotonic() - started < WELL_BEFORE_THE_DEADLINE
    assert calls(lakebase, CREDENTIALS) == 2


@pytest.mark.parametrize("retry_after, held", [("100", 100), ("date:200", 200), ("4000", 300)])
def test_a_long_retry_after_is_left_to_the_next(
        lakebase: LocalLakebase, request_: Request, retry_after: str, held: int) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=429, retry_after=retry_after)
    started = time.monotonic()
    reply = failed(request_, lakebase)
    assert time.monotonic() - started < WELL_BEFORE_THE_DEADLINE
    assert calls(lakebase, CREDENTIALS) == 1
    assert not reply.permanent
    # A date has whole seconds.
    assert held - 1.5 < reply.hold <= held


@pytest.mark.parametrize("status", [500, 503])
def test_an_outage_ends_in_time(lakebase: LocalLakebase, request_: Request, status: int) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=status)
    request_.options["deadline_ms"] = 3000
    reply = failed(request_, lakebase)
    assert not reply.permanent and f"HTTP {status}" in reply.sentence
    assert reply.hold == 5
    # With time enough it would be six: the pauses between six last longer than the three seconds.
    assert 1 <= calls(lakebase, CREDENTIALS) <= 5


def test_an_outage_is_given_up(lakebase: LocalLakebase, request_: Request) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=503)
    assert not failed(request_, lakebase).permanent
    assert calls(lakebase, CREDENTIALS) == 6


@pytest.mark.parametrize("route", ROUTES)
def test_a_server_that_hangs(lakebase: LocalLakebase, request_: Request, route: str) -> None:
    lakebase.fault("api", "hang", route)
    request_.options["deadline_ms"] = 2000
    started = time.monotonic()
    reply = failed(request_, lakebase)
    assert time.monotonic() - started < WELL_BEFORE_A_CALL_IS_GIVEN_UP
    # A second call would be made once the first is given up.
    assert calls(lakebase, route) == 1
    assert "in time" in reply.sentence or "no time" in reply.sentence
    assert not reply.permanent


def test_a_server_that_is_slow(lakebase: LocalLakebase, request_: Request) -> None:
    lakebase.fault("api", "delay", seconds=1)
    assert request_.run().ok


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind, options, part", [
    ("garbage", {}, "cannot be used"),
    ("empty", {}, "cannot be used"),
    ("null", {}, "cannot be used"),
    ("wrong_types", {}, "cannot be used"),
    ("html", {}, "web page"),
    ("html", {"status": 403}, "HTTP 403"),
    ("redirect", {"location": "https://login.example/"}, "redirect"),
    ("huge", {"bytes": 2 << 20}, "far more"),
    ("huge", {}, "far more"),
])
def test_answers_that_are_none(
        lakebase: LocalLakebase, request_: Request, route: str, kind: str, options: dict, part: str) -> None:
    lakebase.fault("api", kind, route, **options)
    reply = failed(request_, lakebase)
    assert part in reply.sentence
    assert calls(lakebase, route) == 1


@pytest.mark.parametrize("kind", ["missing_field", "null_field"])
@pytest.mark.parametrize("route, field", [
    (TOKEN, "access_token"), (TOKEN, "token_type"), (TOKEN, "expires_in"), (CREDENTIALS, "token"),
    (CREDENTIALS, "expire_time")])
def test_fields_that_are_missing(
        lakebase: LocalLakebase, request_: Request, kind: str, route: str, field: str) -> None:
    lakebase.fault("api", kind, route, field=field)
    reply = failed(request_, lakebase)
    assert field in reply.sentence or "expiration_time" in reply.sentence


@pytest.mark.parametrize("route, field, value", [
    (TOKEN, "access_token", "with blank"), (TOKEN, "access_token", "line\nbreak"), (TOKEN, "expires_in", -1),
    (TOKEN, "access_token", "x" * 20000), (CREDENTIALS, "token", ""), (CREDENTIALS, "token", "null\x00byte"),
    (CREDENTIALS, "token", "y" * 20000), (CREDENTIALS, "expire_time", "tomorrow"),
    (CREDENTIALS, "expire_time", "1999-01-01T00:00:00Z")], ids=lambda value: str(value)[:30])
def test_fields_that_are_wrong(
        lakebase: LocalLakebase, request_: Request, route: str, field: str, value: object) -> None:
    lakebase.fault("api", "set_field", route, field=field, value=value)
    failed(request_, lakebase)


@pytest.mark.parametrize("route", ROUTES)
def test_a_token_that_has_expired(lakebase: LocalLakebase, request_: Request, route: str) -> None:
    lakebase.fault("api", "expired_token", route, age=60)
    failed(request_, lakebase)


def test_nesting_does_not_matter(lakebase: LocalLakebase, request_: Request) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=200, body="[" * 500_000)
    assert "cannot be used" in failed(request_, lakebase).sentence


def test_error_bodies_stay_outside(lakebase: LocalLakebase, request_: Request) -> None:
    secret = request_.environment["DATABRICKS_CLIENT_SECRET"]
    for body in ({"error_code": secret, "message": secret}, {"error": secret}, {"error_code": "A" * 3000}, secret):
        lakebase.fault("api", "status", CREDENTIALS, status=403, body=body)
        sentence = failed(request_, lakebase).sentence
        assert "HTTP 403 from" in sentence
        lakebase.clear_faults()


def test_nobody_listens(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment["DATABRICKS_HOST"] = "https://127.0.0.1:1"
    started = time.monotonic()
    reply = failed(request_, lakebase)
    assert time.monotonic() - started < WELL_BEFORE_THE_DEADLINE
    assert not reply.permanent and reply.hold <= 2
    assert "no connection" in reply.sentence


def test_no_such_name(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment["DATABRICKS_HOST"] = "https://no-such-workspace.invalid"
    reply = failed(request_, lakebase)
    assert not reply.permanent and "resolved" in reply.sentence


def test_http_is_never_spoken(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment["DATABRICKS_HOST"] = lakebase.workspace()["url"].replace("https", "http")
    assert "https" in failed(request_, lakebase).sentence
    assert lakebase.counters()["connections"] == {}


class ServerWithCertificate:
    """Counts the requests that a client makes of it once it trusts it."""

    def __init__(self, chain: Path, most: ssl.TLSVersion | None = None) -> None:
        self.requests = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.requests += 1
                self.send_error(500)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        if most is not None:
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = most
            context.set_ciphers("ALL:@SECLEVEL=0")
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(params=["expired", "untrusted", "self-signed", "wrong-host", "old-tls"])
def bad_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ServerWithCertificate, Path]]:
    authority, stranger = Authority("Trusted CA"), Authority("Stranger CA")
    chain = {
        "expired": lambda: authority.issue(API_NAMES, expired=True),
        "untrusted": lambda: stranger.issue(API_NAMES),
        "self-signed": lambda: self_signed(API_NAMES),
        "wrong-host": lambda: authority.issue(("workspace.example.net",)),
        "old-tls": lambda: authority.issue(API_NAMES),
    }[request.param]()
    (tmp_path / "ca.pem").write_bytes(authority.pem())
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "chain.pem").chmod(0o600)
    server = ServerWithCertificate(tmp_path / "chain.pem",
                                   ssl.TLSVersion.TLSv1_1 if request.param == "old-tls" else None)
    yield server, tmp_path / "ca.pem"
    server.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("pat", [False, True])
def test_nothing_is_sent_to_whom_the_certificate_does_not_name(
        lakebase: LocalLakebase, request_: Request, bad_server: tuple[ServerWithCertificate, Path], pat: bool) -> None:
    server, roots = bad_server
    request_.environment["DATABRICKS_HOST"] = server.url
    request_.network["SSL_CERT_FILE"] = str(roots)
    request_.options["deadline_ms"] = 2000
    if pat:
        del request_.environment["DATABRICKS_CLIENT_ID"], request_.environment["DATABRICKS_CLIENT_SECRET"]
        request_.environment["DATABRICKS_TOKEN"] = lakebase.workspace()["pats"][inventory.DEV.name]
    sentence = failed(request_, lakebase).sentence
    assert "certificate" in sentence or "TLS" in sentence
    assert server.requests == 0


def test_the_systems_roots_do_not_vouch_for_the_local_server(lakebase: LocalLakebase, request_: Request) -> None:
    request_.network = {}
    reply = failed(request_, lakebase)
    assert reply.permanent and "SSL_CERT_FILE" in reply.sentence
    assert lakebase.counters()["calls"] == {}


def test_roots_that_are_missing(lakebase: LocalLakebase, request_: Request) -> None:
    request_.network = {"SSL_CERT_FILE": "/nonexistent/ca.pem"}
    assert "SSL_CERT_FILE" in failed(request_, lakebase).sentence


def test_a_directory_of_roots(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    roots = tmp_path / "roots"
    roots.mkdir()
    (roots / "ca.pem").write_bytes(lakebase.ca_file.read_bytes())
    subprocess.run(["openssl", "rehash", roots], check=True)
    request_.network = {"SSL_CERT_DIR": str(roots)}
    assert request_.run().ok


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_an_older_server(lakebase: LocalLakebase, request_: Request, cipher: str) -> None:
    """One that speaks TLS 1.2 at most, and one cipher."""
    outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outer.load_cert_chain(lakebase.directory / "server-api-good.pem")
    outer.maximum_version = ssl.TLSVersion.TLSv1_2
    outer.set_ciphers(cipher)
    inner = ssl.create_default_context(cafile=str(lakebase.ca_file))
    with Front(lakebase.ports["api"], outer=outer, inner=inner) as front:
        request_.environment["DATABRICKS_HOST"] = f"https://localhost:{front.port}"
        assert request_.run().ok
        assert front.taken == 1


@pytest.mark.parametrize("answer", [
    b"hello\r\n", b"HTTP/0.9 200 OK\r\n\r\n{}", b"HTTP/3 200\r\n\r\n{}", b"HTTP/1.1 0 Zero\r\n\r\n{}",
    b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0d\0\4\0\x10\0\0\0\6\0\0 \0"],
    ids=["HTTP/0.9", "0.9 said", "HTTP/3", "status 0", "HTTP/2"])
def test_a_server_of_another_kind(lakebase: LocalLakebase, request_: Request, answer: bytes) -> None:
    outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outer.load_cert_chain(lakebase.directory / "server-api-good.pem")

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
                with outer.wrap_socket(client, server_side=True) as tls:
                    tls.recv(4096)
                    tls.sendall(answer)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        request_.environment["DATABRICKS_HOST"] = f"https://localhost:{listener.getsockname()[1]}"
        assert "as a web server does" in failed(request_, lakebase).sentence


def test_a_proxy(lakebase: LocalLakebase, request_: Request) -> None:
    with ConnectProxy() as proxy:
        request_.network["HTTPS_PROXY"] = f"http://user:proxy-password@127.0.0.1:{proxy.port}"
        assert request_.run().ok
        assert proxy.asked == [lakebase.workspace()["url"].removeprefix("https://")]
        assert proxy.authorizations


@pytest.mark.parametrize("no_proxy", ["localhost", "*", ".example,localhost"])
def test_no_proxy(lakebase: LocalLakebase, request_: Request, no_proxy: str) -> None:
    with ConnectProxy() as proxy:
        request_.network |= {"https_proxy": f"http://127.0.0.1:{proxy.port}", "NO_PROXY": no_proxy}
        assert request_.run().ok
        assert proxy.asked == []


def test_http_proxy_in_capitals_is_nobodys_setting(lakebase: LocalLakebase, request_: Request) -> None:
    """A web server sets HTTP_PROXY from a request's Proxy header."""
    request_.network["HTTP_PROXY"] = "http://127.0.0.1:1"
    assert request_.run().ok


def test_a_proxy_that_refuses(lakebase: LocalLakebase, request_: Request) -> None:
    with ConnectProxy(refuse=407) as proxy:
        request_.network["https_proxy"] = f"http://user:proxy-password@127.0.0.1:{proxy.port}"
        reply = failed(request_, lakebase)
        assert "HTTP 407" in reply.sentence and "HTTPS_PROXY" in reply.sentence
        assert "proxy-password" not in reply.sentence
        assert len(proxy.asked) == 1


def test_kerberos_is_not_offered_to_a_proxy(lakebase: LocalLakebase, request_: Request) -> None:
    """The helper may be built without it (scripts/absent_libraries.py)."""
    greetings = []

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            greetings.append(client.recv(512))
            client.sendall(b"\x05\xff")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        request_.network["https_proxy"] = f"socks5://user:proxy-password@127.0.0.1:{listener.getsockname()[1]}"
        failed(request_, lakebase)
    version, _, *methods = greetings[0]
    assert version == 5 and set(methods) == {0, 2}  # none, and name and password


def test_a_proxy_that_is_not_there(lakebase: LocalLakebase, request_: Request) -> None:
    request_.network["https_proxy"] = "http://127.0.0.1:1"
    assert "HTTPS_PROXY" in failed(request_, lakebase).sentence


def test_a_failure_remembers_what_it_was_seen_with(lakebase: LocalLakebase, request_: Request) -> None:
    lakebase.fault("api", "status", CREDENTIALS, status=403, times=1)
    reply = failed(request_, lakebase)
    stored = list(request_.cache.glob("failure-*"))
    assert [file.read_text() for file in stored] == [reply.text]
    assert reply.record["material"] == "m" * 64 and reply.record["network"] == "n" * 64
    assert request_.run().ok
    assert not list(request_.cache.glob("failure-*"))


def test_a_valid_credential_outlives_an_outage(lakebase: LocalLakebase, request_: Request) -> None:
    lakebase.set_token_lifetime(40)
    first = request_.run()
    lakebase.fault("api", "status", status=503)
    request_.options |= {"refresh_before_ms": 39_000, "deadline_ms": 1500}
    time.sleep(1.1)
    failed(request_, lakebase)
    record = next(request_.cache.glob("credential-*")).read_text()
    assert f"token={first.token}\n" in record


@pytest.mark.parametrize("environment, part", [
    ({"DATABRICKS_HOST": ""}, "no Databricks workspace"),
    ({"DATABRICKS_TOKEN": "dapi1"}, "more than one authorization method configured: oauth and pat"),
    ({"DATABRICKS_AUTH_TYPE": "azure-cli"}, "is no workspace of Azure Databricks"),
    ({"DATABRICKS_CLIENT_SECRET": ""}, "oauth-m2m: no client_secret"),
    ({"PGLAKEBASE_PROFILE": "GONE"}, "does not exist"),
    ({"LAKEBASE_ENDPOINT": "primary"}, "projects/PROJECT"),
])
def test_settings_that_cannot_work_cost_no_call(
        lakebase: LocalLakebase, request_: Request, environment: dict[str, str], part: str) -> None:
    request_.environment = {k: v for k, v in (request_.environment | environment).items() if v}
    reply = failed(request_, lakebase)
    assert reply.permanent and part in reply.sentence
    assert lakebase.counters()["connections"] == {}
