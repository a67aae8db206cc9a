"""A plain HTTPS client for the workspace API."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlencode, urlsplit

from ..client import LocalLakebase
from ..inventory import APP

TOKEN_ROUTE = "POST /oidc/v1/token"
ENDPOINT_CREDENTIALS = "POST /api/2.0/postgres/credentials"
INSTANCE_CREDENTIALS = "POST /api/2.0/database/credentials"
ENDPOINT = "projects/shop/branches/production/endpoints/primary"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json().get("error_code") or self.json().get("error")


class Api:
    def __init__(self, lakebase: LocalLakebase, workspace: str = "demo", host: str = "localhost") -> None:
        self._lakebase = lakebase
        self.workspace = lakebase.workspace(workspace)
        self._netloc = f"{host}:{urlsplit(self.workspace['url']).port}"
        self._context = ssl.create_default_context(cafile=str(lakebase.ca_file))

    def request(self, method: str, path: str, body: Optional[bytes] = None, timeout: float = 10,
                **headers: str) -> Answer:
        connection = http.client.HTTPSConnection(self._netloc, context=self._context, timeout=timeout)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def token(self, client_id: str = APP.name, secret: Optional[str] = None, timeout: float = 10,
              **form: str) -> Answer:
        secret = self.workspace["secrets"][client_id] if secret is None else secret
        fields = {"grant_type": "client_credentials", "scope": "all-apis", **form}
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return self.request("POST", "/oidc/v1/token", urlencode(fields).encode(), timeout=timeout,
                            Authorization=f"Basic {basic}", Content_Type="application/x-www-form-urlencoded")

    def bearer(self, **form: str) -> str:
        return "Bearer " + self.token(**form).json()["access_token"]

    def pat(self, owner: str) -> str:
        return "Bearer " + self.workspace["pats"][owner]

    def get(self, path: str, authorization: Optional[str] = None) -> Answer:
        return self.request("GET", path, Authorization=authorization or self.pat(APP.name))

    def post(self, path: str, body: Any, authorization: Optional[str] = None, timeout: float = 10) -> Answer:
        return self.request("POST", path, json.dumps(body).encode(), timeout=timeout, Content_Type="application/json",
                            Authorization=authorization or self.pat(APP.name))

    def credential(self, authorization: Optional[str] = None, **more: Any) -> Answer:
        return self.post("/api/2.0/postgres/credentials", {"endpoint": ENDPOINT, **more}, authorization)

    def instance_credential(self, *names: str, **more: Any) -> Answer:
        return self.post("/api/2.0/database/credentials", {"instance_names": list(names), **more})
