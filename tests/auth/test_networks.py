"""The ways to the servers: proxies, private roots, client certificates, IPv6, slow names, addresses that do not answer."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.certificates import Authority
from support import dead_metadata
from support.connect_proxy import ConnectProxy
from support.tls_front import Front

from .conftest import SignIn
from .sources import private_file

USER = inventory.APP.name
PASSWORD = "proxy-password-5d1c"


@pytest.fixture
def app(sign_in: SignIn) -> SignIn:
    """A service principal: two calls, the workspace's token endpoint and its API."""
    sign_in.env |= {"DATABRICKS_CLIENT_ID": USER,
                    "DATABRICKS_CLIENT_SECRET": sign_in.lakebase.workspace()["secrets"][USER]}
    return sign_in


# Proxies.

@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy(app: SignIn, variable: str) -> None:
    with ConnectProxy() as proxy:
        assert app.user(**{variable: f"http://127.0.0.1:{proxy.port}"}) == USER
        assert set(proxy.asked) == {app.env["DATABRICKS_HOST"].removeprefix("https://")}
        assert proxy.authorizations == []


def test_a_proxy_that_wants_a_password(app: SignIn) -> None:
    with ConnectProxy(password=f"jane:{PASSWORD}") as proxy:
        sentence = app.refusal(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        assert "the proxy answered HTTP 407" in sentence and "HTTPS_PROXY" in sentence
        # Another way to the network: the failure does not count.
        wrong = app.refusal(HTTPS_PROXY=f"http://jane:wrong-{PASSWORD}@127.0.0.1:{proxy.port}")
        assert "407" in wrong and PASSWORD not in wrong
        assert app.user(HTTPS_PROXY=f"http://jane:{PASSWORD}@127.0.0.1:{proxy.port}") == USER
        assert app.lakebase.counters()["connections"]["api demo"] == 1


@pytest.mark.parametrize("name, spared", [
    ("localhost", "localhost"), ("localhost", "*"), ("localhost", "example.com,localhost"), ("localhost", "a.b , LOCALHOST"),
    ("localhost", ".localhost"), ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "10.0.0.0/8,127.0.0.0/8")])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy(app: SignIn, name: str, spared: str, variable: str) -> None:
    app.env["DATABRICKS_HOST"] = f"https://{name}:{app.lakebase.ports['api']}"
    with ConnectProxy(refuse=403) as proxy:
        assert app.user(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}", **{variable: spared}) == USER
        assert proxy.asked == []


@pytest.mark.parametrize("spared", ["example.com", "host", "localhost.example.com", "127.0.0.1", "10.0.0.0/8"])
def test_no_proxy_for_others(app: SignIn, spared: str) -> None:
    with ConnectProxy() as proxy:
        assert app.user(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}", NO_PROXY=spared) == USER
        assert proxy.asked


def test_a_proxy_that_is_not_there(app: SignIn) -> None:
    assert "HTTPS_PROXY" in app.refusal(HTTPS_PROXY="http://127.0.0.1:1")


# Certificates.

def test_a_directory_of_roots(app: SignIn, tmp_path: Path) -> None:
    roots = tmp_path / "roots"
    roots.mkdir()
    (roots / "ca.pem").write_bytes(app.lakebase.ca_file.read_bytes())
    subprocess.run(["openssl", "rehash", roots], check=True)
    app.client.env |= {"SSL_CERT_DIR": str(roots), "PGSSLROOTCERT": str(app.lakebase.ca_file)}
    del app.client.env["SSL_CERT_FILE"]
    assert app.user() == USER


def test_a_file_of_other_roots(app: SignIn, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(Authority("Another CA").pem())
    sentence = app.refusal(SSL_CERT_FILE=str(tmp_path / "other.pem"))
    assert "certificate of https://localhost" in sentence and "SSL_CERT_FILE" in sentence
    assert app.calls() == {}


@pytest.fixture
def guarded(app: SignIn, tmp_path: Path) -> Iterator[SignIn]:
    """The workspace behind a front that lets in those with a certificate of its own authority."""
    authority = Authority("Clients' CA")
    (tmp_path / "clients.pem").write_bytes(authority.pem())
    both = authority.issue(("jane",)).decode()
    end = both.index("-----BEGIN CERTIFICATE")
    for name, text in (("both.pem", both), ("key.pem", both[:end]), ("certificate.pem", both[end:])):
        private_file(tmp_path / name, text)
    outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    outer.load_cert_chain(app.lakebase.directory / "server-api-good.pem")
    outer.load_verify_locations(tmp_path / "clients.pem")
    outer.verify_mode = ssl.CERT_REQUIRED
    inner = ssl.create_default_context(cafile=str(app.lakebase.ca_file))
    with Front(app.lakebase.ports["api"], outer=outer, inner=inner) as front:
        app.env["DATABRICKS_HOST"] = f"https://localhost:{front.port}"
        yield app


def test_a_client_certificate(guarded: SignIn, tmp_path: Path) -> None:
    guarded.refusal(5)
    assert guarded.calls() == {}
    files = {"PGLAKEBASE_CLIENT_CERTIFICATE_FILE": "certificate.pem", "PGLAKEBASE_CLIENT_KEY_FILE": "key.pem"}
    assert guarded.user(**{name: str(tmp_path / file) for name, file in files.items()}) == USER


def test_a_client_certificate_and_its_key_in_one_file_by_directive(guarded: SignIn, tmp_path: Path) -> None:
    file = tmp_path / "both.pem"
    guarded.client.service("guarded", f"client_certificate_file={file}", dbname="databricks_postgres")
    outcome = guarded.client.psql("service=guarded", env=guarded.env)
    assert outcome.ok().text == USER


KEY_PASSWORD = "key-password-77f0"


@pytest.fixture
def locked(guarded: SignIn, tmp_path: Path) -> SignIn:
    """The key is encrypted."""
    subprocess.run(["openssl", "pkey", "-in", tmp_path / "key.pem", "-aes256", "-passout", f"pass:{KEY_PASSWORD}", "-out",
                    tmp_path / "locked.pem"], check=True)
    guarded.env |= {"PGLAKEBASE_CLIENT_CERTIFICATE_FILE": str(tmp_path / "certificate.pem"),
                    "PGLAKEBASE_CLIENT_KEY_FILE": str(tmp_path / "locked.pem")}
    return guarded


@pytest.mark.parametrize("way", ["itself", "env", "file", "command", "directive"])
def test_an_encrypted_key(locked: SignIn, tmp_path: Path, way: str) -> None:
    file = private_file(tmp_path / "key-password", KEY_PASSWORD + "\n")
    if way == "directive":
        locked.client.service("guarded", f"client_key_password=file:{file}", dbname="databricks_postgres")
        assert locked.client.psql("service=guarded", env=locked.env).ok().text == USER
        return
    value = {"itself": KEY_PASSWORD, "env": "env:KEY_IN", "file": f"file:{file}", "command": f"command:cat {file}"}[way]
    assert locked.user(PGLAKEBASE_CLIENT_KEY_PASSWORD=value, KEY_IN=KEY_PASSWORD) == USER


def test_an_encrypted_key_without_its_password(locked: SignIn) -> None:
    """Nobody is asked at a terminal."""
    sentence = locked.refusal(5)
    assert "PGLAKEBASE_CLIENT_KEY_PASSWORD" in sentence, sentence
    assert "PGLAKEBASE_CLIENT_KEY_PASSWORD" in locked.refusal(5, PGLAKEBASE_CLIENT_KEY_PASSWORD="another")
    sentence = locked.refusal(5, PGLAKEBASE_CLIENT_KEY_PASSWORD="file:/nowhere/password")
    assert "/nowhere/password cannot be opened" in sentence
    assert locked.calls() == {}
    # What failed is no obstacle to the right one.
    assert locked.user(PGLAKEBASE_CLIENT_KEY_PASSWORD=KEY_PASSWORD) == USER


def test_a_client_certificate_that_is_none(guarded: SignIn) -> None:
    assert "PGLAKEBASE_CLIENT_CERTIFICATE_FILE" in guarded.refusal(PGLAKEBASE_CLIENT_CERTIFICATE_FILE="/nonexistent")


# Addresses.

def test_ipv6_alone(app: SignIn) -> None:
    with Front(app.lakebase.ports["api"], "::1") as api, Front(app.lakebase.ports["gateway"], "::1") as gateway:
        app.env["DATABRICKS_HOST"] = f"https://[::1]:{api.port}"
        conninfo = app.client.direct(dbname="databricks_postgres", hostaddr="::1") + f" port={gateway.port}"
        assert app.client.psql(conninfo, env=app.env).ok().text == USER
        assert api.taken and gateway.taken


class SlowNames:
    """A DNS server on port 53 of an address of its own; it knows one name, and takes its time."""

    ADDRESS = "127.0.0.77"

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.ADDRESS, 53))
        self._socket.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._over = False

    def __enter__(self) -> SlowNames:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._over:
            try:
                query, client = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            if self._seconds is not None:
                threading.Timer(self._seconds, self._answer, (query, client)).start()

    def _answer(self, query: bytes, client: object) -> None:
        end = query.index(b"\0", 12) + 5
        wants_address = query[end - 4:end - 2] == b"\0\1"
        head = query[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, int(wants_address), 0, 0)
        answer = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 60, 4) + socket.inet_aton("127.0.0.1")
        self._socket.sendto(head + query[12:end] + (answer if wants_address else b""), client)  # type: ignore[arg-type]


def with_names_from(app: SignIn, tmp_path: Path, sql: str = "select current_user") -> tuple[int, str, float]:
    """psql in a world of its own, where names are asked of SlowNames."""
    (tmp_path / "resolv.conf").write_text(f"nameserver {SlowNames.ADDRESS}\noptions timeout:20 attempts:1\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    mounts = " && ".join(f"mount --bind {tmp_path}/{name} /etc/{name}" for name in ("resolv.conf", "nsswitch.conf"))
    app.env["DATABRICKS_HOST"] = f"https://workspace.example.test:{app.lakebase.ports['api']}"
    begun = time.monotonic()
    outcome = app.client.psql(app.client.direct(dbname="databricks_postgres"), sql=sql, env={**app.env, "PGCONNECT_TIMEOUT": "25"},
                              prefix=["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh"])
    return outcome.code, outcome.text or outcome.error, time.monotonic() - begun


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@needs_root
def test_slow_names(app: SignIn, tmp_path: Path) -> None:
    with SlowNames(1.0):
        code, text, seconds = with_names_from(app, tmp_path)
    assert (code, text) == (0, USER) and seconds > 0.9


@needs_root
@pytest.mark.full
def test_names_that_never_come(app: SignIn, tmp_path: Path) -> None:
    with SlowNames(None):
        code, text, seconds = with_names_from(app, tmp_path)
    assert code == 2 and ("https://workspace.example.test" in text or "still under way" in text) and ";" in text
    assert seconds < 27


@needs_root
def test_a_metadata_address_that_does_not_answer_costs_a_second_once(app: SignIn, tmp_path: Path) -> None:
    """In a network of its own, where packets to the metadata server vanish."""
    app.env = {"DATABRICKS_HOST": "https://10.9.9.9", "DATABRICKS_CLOUD": "GCP", "LAKEBASE_ENDPOINT": app.env["LAKEBASE_ENDPOINT"],
               "DATABRICKS_GOOGLE_SERVICE_ACCOUNT": "a@b.iam.gserviceaccount.com"}
    def run(endpoint: str) -> tuple[str, float]:
        begun = time.monotonic()
        outcome = app.client.psql(app.client.direct(dbname="databricks_postgres"), env={**app.env, "LAKEBASE_ENDPOINT": endpoint},
                                  prefix=["unshare", "--net", sys.executable, dead_metadata.__file__])
        return outcome.error, time.monotonic() - begun

    first, spent = run("projects/shop/branches/production/endpoints/primary")
    assert "http://169.254.169.254 does not answer" in first, first
    assert 0.9 < spent < 4
    second, spent = run("projects/shop/branches/production/endpoints/readonly")
    assert "http://169.254.169.254 does not answer" in second and spent < 0.9
