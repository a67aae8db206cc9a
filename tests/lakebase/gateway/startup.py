"""The first packets of the PostgreSQL protocol, taken apart and put together."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PROTOCOL_3 = 196608
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104

MAX_STARTUP = 10_000  # as PostgreSQL's MAX_STARTUP_PACKET_LENGTH
MAX_PASSWORD = 65_536

ASK_CLEARTEXT_PASSWORD = b"R\0\0\0\x08\0\0\0\x03"
TLS_RECORD_HANDSHAKE = 0x16


class Malformed(Exception):
    """The peer does not speak the protocol."""


@dataclass(frozen=True)
class Startup:
    packet: bytes  # as it came, to be handed on
    version: int
    parameters: dict[str, str]

    @property
    def user(self) -> str:
        return self.parameters.get("user", "")

    @property
    def database(self) -> str:
        return self.parameters.get("database", self.user)


def parse_length(head: bytes) -> int:
    """The length of an untyped packet's rest, from its first four bytes."""
    (length,) = struct.unpack("!I", head)
    if not 8 <= length <= MAX_STARTUP:
        raise Malformed(f"start-up packet of {length} bytes")
    return length - 4


def parse_startup(packet: bytes) -> Startup:
    (version,) = struct.unpack_from("!I", packet, 4)
    if version >> 16 != 3:
        raise Malformed(f"protocol version {version}")
    words = packet[8:].split(b"\0")
    # name, value, name, value ... then an empty name and the end.
    if len(words) < 2 or words[-1] or words[-2]:
        raise Malformed("start-up parameters do not end")
    texts = [word.decode("utf-8", "surrogateescape") for word in words[:-2]]
    if len(texts) % 2:
        raise Malformed("start-up parameter without a value")
    return Startup(packet, version, dict(zip(texts[::2], texts[1::2])))


def error_response(severity: str, sqlstate: str, message: str, detail: str = "") -> bytes:
    fields = [("S", severity), ("V", severity), ("C", sqlstate), ("M", message)]
    if detail:
        fields.append(("D", detail))
    body = b"".join(f"{code}{text}\0".encode("utf-8", "surrogateescape") for code, text in fields) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


def authentication(code: int, body: bytes = b"") -> bytes:
    return b"R" + struct.pack("!II", len(body) + 8, code) + body


def error_fields(body: bytes) -> dict[str, str]:
    return {word[:1].decode(): word[1:].decode("utf-8", "replace") for word in body.split(b"\0") if word}
