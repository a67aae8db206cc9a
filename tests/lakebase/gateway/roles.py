"""Roles as PostgreSQL has them: may it log in, its native password, its identity label."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Optional

from ..pgclient import Connection, literal

_QUERY = """select r.rolcanlogin, r.rolpassword, l.label from pg_authid r
 left join pg_shseclabel l on l.objoid = r.oid and l.classoid = 'pg_authid'::regclass
 and l.provider = 'databricks_auth' where r.rolname = {}"""


@dataclass(frozen=True)
class Verifier:
    """A SCRAM-SHA-256 secret as pg_authid keeps it."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    @staticmethod
    def parse(text: str) -> Optional["Verifier"]:
        try:
            kind, parameters, keys = text.split("$")
            iterations, salt = parameters.split(":")
            stored, server = keys.split(":")
        except ValueError:
            return None
        if kind != "SCRAM-SHA-256":
            return None
        return Verifier(int(iterations), *(base64.b64decode(part) for part in (salt, stored, server)))

    @staticmethod
    def make(password: str, salt: bytes, iterations: int = 4096) -> "Verifier":
        salted = hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogateescape"), salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        return Verifier(iterations, salt, hashlib.sha256(client_key).digest(),
                        hmac.digest(salted, b"Server Key", "sha256"))

    def matches(self, password: str) -> bool:
        return hmac.compare_digest(Verifier.make(password, self.salt, self.iterations).stored_key, self.stored_key)

    def __str__(self) -> str:
        salt, stored, server = (base64.b64encode(part).decode()
                                for part in (self.salt, self.stored_key, self.server_key))
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


@dataclass(frozen=True)
class Role:
    name: str
    can_login: bool
    verifier: Optional[Verifier]
    label: dict[str, str]  # id and type, empty without a label


async def look_up(connection: Connection, name: str) -> Optional[Role]:
    rows = await connection.query(_QUERY.format(literal(name)))
    if not rows:
        return None
    can_login, password, label = rows[0]
    pairs = (part.partition("=") for part in (label or "").split(",") if part)
    return Role(name, can_login == "t", Verifier.parse(password or ""), {key: value for key, _, value in pairs})
