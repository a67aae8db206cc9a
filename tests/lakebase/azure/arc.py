"""The agent of Azure Arc, which wants to see that its caller can read a file."""

from __future__ import annotations

import hmac
import secrets
import uuid
from pathlib import Path
from typing import Any

from ..httpd import Response
from . import metadata
from .service import Refused, Service, ServiceCall

KEYS = Path("/var/opt/azcmagent/tokens")


class Agent:
    def __init__(self) -> None:
        self._keys: dict[str, Path] = {}

    def get(self, call: ServiceCall) -> dict[str, Any]:
        metadata.check_header(call)
        call.take_query("api-version", "resource")
        if call.query.get("api-version") != "2020-06-01":
            raise metadata.bad_request("The api-version is not supported")
        kind, _, given = call.request.headers.get("authorization", "").partition(" ")
        if kind != "Basic":
            raise self._challenge()
        for key, path in list(self._keys.items()):
            if hmac.compare_digest(key.encode(), given.encode()):
                del self._keys[key]
                path.unlink(missing_ok=True)
                return metadata.token(call, metadata.selected(call, "", "", ""), call.query.get("resource", ""))
        raise Refused(Response.json({"error": "unauthorized"}, 401))

    def _challenge(self) -> Refused:
        KEYS.mkdir(parents=True, exist_ok=True)
        path = KEYS / f"{uuid.uuid4()}.key"
        key = secrets.token_hex(32)
        path.touch(0o640)
        path.write_text(key)
        self._keys[key] = path
        return Refused(Response(401, b"", {"WWW-Authenticate": f"Basic realm={path}"}))


SERVICE = Service("arc", (("GET", "/metadata/identity/oauth2/token", Agent().get),))
