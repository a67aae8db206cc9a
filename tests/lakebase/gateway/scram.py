"""The server's half of SCRAM-SHA-256, which the pooled hosts ask for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from typing import Optional

from .link import Link
from .roles import Verifier
from .startup import MAX_PASSWORD, Malformed, authentication

SASL, SASL_CONTINUE, SASL_FINAL = 10, 11, 12
MECHANISM = b"SCRAM-SHA-256"


async def exchange(link: Link, verifier: Optional[Verifier]) -> bool:
    """True if the client proved that it knows the password. Roles without one fail like a wrong password."""
    verifier = verifier or Verifier.make(secrets.token_hex(16), secrets.token_bytes(16))
    link.write(authentication(SASL, MECHANISM + b"\0\0"))
    mechanism, _, rest = (await _password_message(link)).partition(b"\0")
    if mechanism != MECHANISM or len(rest) < 4:
        raise Malformed("SASL mechanism")
    (length,) = struct.unpack("!i", rest[:4])
    first = rest[4:4 + length]
    header, bare = _split_header(first)
    nonce = _attributes(bare).get("r", "") + secrets.token_urlsafe(18)
    salt = base64.b64encode(verifier.salt).decode()
    server_first = f"r={nonce},s={salt},i={verifier.iterations}"
    link.write(authentication(SASL_CONTINUE, server_first.encode()))

    final = (await _password_message(link)).decode("ascii", "replace")
    without_proof, _, proof_text = final.rpartition(",p=")
    fields = _attributes(without_proof)
    if fields.get("r") != nonce or fields.get("c") != base64.b64encode(header.encode()).decode():
        raise Malformed("SCRAM final message")
    signed = f"{bare},{server_first},{without_proof}".encode()
    signature = hmac.digest(verifier.stored_key, signed, "sha256")
    try:
        proof = base64.b64decode(proof_text, validate=True)
    except ValueError as error:
        raise Malformed("SCRAM proof") from error
    client_key = bytes(a ^ b for a, b in zip(proof, signature))
    if not hmac.compare_digest(hashlib.sha256(client_key).digest(), verifier.stored_key):
        return False
    server_signature = base64.b64encode(hmac.digest(verifier.server_key, signed, "sha256"))
    link.write(authentication(SASL_FINAL, b"v=" + server_signature))
    return True


async def _password_message(link: Link) -> bytes:
    kind, body = await link.read_message(MAX_PASSWORD)
    if kind != b"p":
        raise Malformed(f"expected a SASL response, got {kind!r}")
    return body


def _split_header(first: bytes) -> tuple[str, str]:
    """The GS2 header ("n,," or "y,,") and the rest."""
    text = first.decode("ascii", "replace")
    parts = text.split(",", 2)
    if len(parts) != 3 or parts[0] not in ("n", "y"):
        raise Malformed("SCRAM channel binding was not offered")
    return f"{parts[0]},{parts[1]},", parts[2]


def _attributes(text: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in text.split(",") if part[1:2] == "="}
