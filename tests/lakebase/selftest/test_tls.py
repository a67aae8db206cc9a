"""Encryption: nothing goes without it, and certificates can be made wrong."""

from __future__ import annotations

import errno
import hashlib
import socket
import ssl
import struct

import pytest

from ..client import LocalLakebase
from ..inventory import APP
from .psql import psql, run_psql

PLAINTEXT = ("FATAL:  Invalid protocol version. Protocol version: 196608\n"
             "DETAIL:  Ensure that connection is using SSL. Try using sslmode=require in the connection string.")


def test_plain_text_is_refused(lakebase: LocalLakebase) -> None:
    done = psql(lakebase, APP.name, "x", sslmode="disable")
    assert PLAINTEXT in done.error
    login = lakebase.connections()[-1]
    assert (login["result"], login["tls"], login["password_received"]) == ("plaintext", "", False)


def test_a_password_in_plain_text_can_be_proved(lakebase: LocalLakebase) -> None:
    """libpq's default sslmode tries again without TLS after a failed login, and sends the password there."""
    lakebase.set(ask_password_in_plaintext=True)
    token = lakebase.mint(APP.name, lifetime=-5)
    psql(lakebase, APP.name, token, sslmode="prefer")
    leak = lakebase.connections()[-1]
    assert leak["password_received"] and not leak["password_over_tls"]
    assert leak["password_sha256"] == hashlib.sha256(token.encode()).hexdigest()


def test_server_name_is_needed(lakebase: LocalLakebase) -> None:
    token = lakebase.mint(APP.name)
    assert "ERROR:  Endpoint ID is not specified." in psql(lakebase, APP.name, token, sslsni="0").error
    assert lakebase.connections()[-1]["sni"] == ""
    assert psql(lakebase, APP.name, token, "provisioned", port="provisioned", sslsni="0").out == APP.name


def test_unknown_endpoint(lakebase: LocalLakebase) -> None:
    host = "ep-no-such-000000.database.us-east-1.cloud.databricks.com"
    conninfo = lakebase.conninfo(user=APP.name).replace(lakebase.hosts["demo"], host)
    assert "The requested endpoint could not be found" in run_psql(lakebase, conninfo, "x").error


@pytest.mark.parametrize("kind, words", [
    ("wrong-host", "does not match host name"),
    ("expired", "certificate verify failed"),
    ("untrusted", "certificate verify failed"),
    ("self-signed", "certificate verify failed"),
])
def test_bad_certificates(lakebase: LocalLakebase, kind: str, words: str) -> None:
    lakebase.use_certificate(kind)
    token = lakebase.mint(APP.name)
    assert words in psql(lakebase, APP.name, token, port="odd").error
    assert not lakebase.connections()[-1]["password_received"]
    # The main listener is not touched, and somebody who does not look is let in.
    assert psql(lakebase, APP.name, token).code == 0
    assert psql(lakebase, APP.name, token, port="odd", sslmode="require", sslrootcert="/none").code == 0


def test_gss_encryption_is_declined(lakebase: LocalLakebase) -> None:
    with socket.create_connection(("127.0.0.1", lakebase.ports["gateway"])) as sock:
        sock.sendall(struct.pack("!II", 8, 80877104))
        assert sock.recv(1) == b"N"
        sock.sendall(struct.pack("!II", 8, 80877103))
        assert sock.recv(1) == b"S"


def test_tls_without_asking(lakebase: LocalLakebase) -> None:
    """As libpq 17 does with sslnegotiation=direct."""
    context = ssl.create_default_context(cafile=str(lakebase.ca_file))
    context.set_alpn_protocols(["postgresql"])
    body = struct.pack("!I", 196608) + f"user\0{APP.name}\0\0".encode()
    plain = socket.create_connection(("127.0.0.1", lakebase.ports["gateway"]), timeout=5)
    with context.wrap_socket(plain, server_hostname=lakebase.hosts["demo"]) as tls:
        assert tls.selected_alpn_protocol() == "postgresql"
        tls.sendall(struct.pack("!I", len(body) + 4) + body)
        assert tls.recv(9) == b"R\0\0\0\x08\0\0\0\x03"


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\n\r\n", struct.pack("!II", 4, 0), struct.pack("!II", 9, 196608),
                                  struct.pack("!II", 12, 131072) + b"abc\0", b""])
def test_junk_is_dropped(lakebase: LocalLakebase, junk: bytes) -> None:
    with socket.create_connection(("127.0.0.1", lakebase.ports["gateway"])) as sock:
        sock.settimeout(5)
        try:
            sock.sendall(junk)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(100) == b""
        except OSError as error:
            assert error.errno in (errno.ECONNRESET, errno.ENOTCONN)
    assert psql(lakebase, APP.name, lakebase.mint(APP.name)).code == 0
