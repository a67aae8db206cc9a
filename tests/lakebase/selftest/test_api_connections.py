"""What goes wrong with a connection to the workspace API before there is an answer, and in the middle of one."""

from __future__ import annotations

import gzip
import http.client
import ssl

import pytest

from ..client import LocalLakebase
from .http_client import ENDPOINT_CREDENTIALS, TOKEN_ROUTE, Api


@pytest.mark.parametrize("kind, error", [("close", ssl.SSLError), ("reset", ConnectionResetError)])
def test_dropped_before_tls(api: Api, lakebase: LocalLakebase, kind: str, error: type[Exception]) -> None:
    lakebase.fault("connection", kind, times=1)
    with pytest.raises((error, ConnectionResetError)):
        api.token()
    assert api.token().status == 200
    counters = lakebase.counters()
    assert (counters["connections"]["api demo"], counters["handshakes"]["api demo"]) == (2, 1)


def test_stalled_before_tls(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("connection", "stall", workspace="demo")
    with pytest.raises(TimeoutError):
        api.token(timeout=0.5)
    assert Api(lakebase, "second").request("GET", "/.well-known/databricks-config").status == 200


def test_nobody_listens(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.listen(False, "api")
    lakebase.listen(False, "api")
    with pytest.raises(ConnectionRefusedError):
        api.token()
    lakebase.listen(True, "api")
    assert api.token().status == 200
    lakebase.listen(False, "api")
    lakebase.reset()
    assert api.token().status == 200


@pytest.mark.parametrize("kind", ["wrong-host", "expired", "untrusted", "self-signed"])
def test_certificates(api: Api, lakebase: LocalLakebase, kind: str) -> None:
    lakebase.use_certificate(kind, "api")
    with pytest.raises(ssl.SSLCertVerificationError):
        api.token()
    lakebase.reset()
    assert api.token().status == 200


def test_a_hang_in_the_middle(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "hang_midway", TOKEN_ROUTE)
    with pytest.raises(TimeoutError):
        api.token(timeout=0.5)
    assert lakebase.counters()["handshakes"]["api demo"] == 1


def test_a_compressed_bomb(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "gzip", ENDPOINT_CREDENTIALS, bytes=5 << 20)
    answer = api.credential()
    assert answer.headers["Content-Encoding"] == "gzip" and len(answer.body) < 10_000
    assert gzip.decompress(answer.body) == bytes(5 << 20)


def test_hanging_up(lakebase: LocalLakebase) -> None:
    context = ssl.create_default_context(cafile=str(lakebase.ca_file))
    connection = http.client.HTTPSConnection("localhost", lakebase.ports["api"], context=context, timeout=10)
    connection.request("GET", "/.well-known/databricks-config")
    assert connection.getresponse().read()
    lakebase.hang_up()
    with pytest.raises((http.client.RemoteDisconnected, ssl.SSLError, ConnectionError)):
        connection.request("GET", "/.well-known/databricks-config")
        connection.getresponse()
    connection.close()
