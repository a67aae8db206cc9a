"""JSON web tokens: made and checked with one RS256 key per workspace."""

from __future__ import annotations

import base64
import functools
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

DATABASE_AUDIENCE = "databricks-lakebase"


class NotAToken(Exception):
    """The text is not a JSON web token at all."""


@dataclass(frozen=True)
class Decoded:
    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


class Signer:
    def __init__(self) -> None:
        self.kid = secrets.token_hex(32)

    @functools.cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        """Made when it is first needed: it takes a while."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, claims: dict[str, Any]) -> str:
        # "kid" comes first, so that tokens begin as the real ones do: eyJraWQ.
        header = {"kid": self.kid, "typ": "JWT", "alg": "RS256"}
        signed = f"{_encode_json(header)}.{_encode_json(claims)}"
        return f"{signed}.{_encode(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def verifies(self, token: Decoded) -> bool:
        if token.header.get("kid") != self.kid or token.header.get("alg") != "RS256":
            return False
        try:
            self._key.public_key().verify(token.signature, token.signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def decode(token: str) -> Decoded:
    parts = token.split(".")
    if len(parts) != 3:
        raise NotAToken
    try:
        header, claims = (json.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except ValueError as error:
        raise NotAToken from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotAToken
    return Decoded(header, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def spoil_signature(token: str) -> str:
    """The same token with one bit of its signature turned."""
    head, signature = token.rsplit(".", 1)
    data = bytearray(_decode(signature))
    data[len(data) // 2] ^= 1
    return f"{head}.{_encode(bytes(data))}"


def workspace_claims(issuer: str, subject: str, client_id: str, scope: str, audience: str, issued: int,
                     expires: int) -> dict[str, Any]:
    return {"client_id": client_id, "scope": scope, "iss": issuer, "aud": audience, "sub": subject,
            "iat": issued, "exp": expires, "jti": str(uuid.uuid4())}


def database_claims(issuer: str, subject: str, kind: str, scim_id: str, workspace_id: str, requested: Any,
                    issued: int, expires: int, group: str = "") -> dict[str, Any]:
    """A database credential's claims. Only sub, exp and iat are known of the real ones; the rest gives the size."""
    return {"iss": issuer, "aud": DATABASE_AUDIENCE, "sub": subject, "client_id": "databricks-lakebase-credentials",
            "scope": "postgres iam.current-user:read", "idp": "databricks", "identity_type": kind,
            "identity_id": scim_id, "workspace_id": workspace_id, "claims": requested, "iat": issued,
            "nbf": issued, "exp": expires, "jti": str(uuid.uuid4()), **({"group": group} if group else {})}


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_json(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _decode(text: str) -> bytes:
    if not text or not set(text) <= _ALPHABET:
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
