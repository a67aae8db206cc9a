"""What a route works with: the request, checked, and the errors of the Databricks API."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Optional
from urllib.parse import parse_qsl

from .. import tokens
from ..azure.clouds import cloud_of
from ..azure.directory import DATABRICKS
from ..httpd import Request, Response
from ..inventory import Principal
from ..pgclient import Connection
from ..world import Workspace, World

SCOPES = frozenset({"all-apis", "postgres", "secrets", "iam.current-user:read", "offline_access", "openid"})


class ApiError(Exception):
    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.response = Response.json({"error_code": error_code, "message": message, "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error_code,
             "domain": "lakebase.databricks.com", "metadata": {}}]}, status)


def invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def not_found(message: str) -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


@dataclass(frozen=True)
class Caller:
    principal: Principal
    scopes: frozenset[str]


@dataclass
class Call:
    world: World
    workspace: Workspace
    request: Request
    catalog: Connection
    parameters: dict[str, str]  # from the path
    lifetime: Optional[int] = None  # a fault's: seconds that the token lives, negative for expired
    identity: str = ""  # a fault's: whose token is made instead
    query: dict[str, str] = field(default_factory=dict)

    def take_query(self, *known: str) -> None:
        """The query string, which may hold nothing else. `o` is the workspace id that browsers add."""
        for name, value in self.request.query:
            if name not in known and name != "o":
                raise invalid(f"Unknown query parameter: {name}")
            self.query[name] = value

    def caller(self, scope: str) -> Caller:
        """Who calls, if it may: by PAT or by OAuth token of this workspace."""
        self._check_workspace_id()
        kind, _, token = self.request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            return self._by_password(token)
        if kind != "Bearer" or not token:
            raise ApiError(401, "UNAUTHENTICATED",
                           "Credential was not sent or was of an unsupported type for this API.")
        found = (self._by_pat(token) or self._by_entra(token) or self._by_google(token)
                 or self._by_jwt(token))
        if scope not in found.scopes and "all-apis" not in found.scopes:
            raise ApiError(403, "PERMISSION_DENIED", f"Provided OAuth token does not have required scopes: {scope}")
        return found

    def json_body(self, *known: str) -> dict[str, Any]:
        kind = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(415, "INVALID_PARAMETER_VALUE", f"Unsupported content type: {kind or 'none'}")
        try:
            body = json.loads(self.request.body)
        except ValueError as error:
            raise ApiError(400, "MALFORMED_REQUEST", f"Could not parse request object: {error}") from error
        if not isinstance(body, dict):
            raise ApiError(400, "MALFORMED_REQUEST", "Could not parse request object: Expected an object")
        unknown = sorted(set(body) - set(known))
        if unknown:
            raise ApiError(400, "MALFORMED_REQUEST", f"Could not parse request object: Unknown field {unknown[0]}")
        return body

    def form_body(self) -> dict[str, str]:
        kind = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise ValueError(f"unsupported content type {kind or 'none'}")
        pairs = parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True)
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a parameter is given twice")
        return dict(pairs)

    def page(self, items: list[Any], field_name: str) -> dict[str, Any]:
        """One page of a list. Pages are small, so that clients have to ask for the next."""
        size = self.query.get("page_size", "0")
        start = self.query.get("page_token") or "p0"
        if not size.isdigit() or int(size) > 100:
            raise invalid("page_size must be between 0 and 100")
        if start[:1] != "p" or not start[1:].isdigit() or int(start[1:]) > len(items):
            raise invalid("Invalid page token")
        first = int(start[1:])
        limit = self.world.settings.page_size
        end = first + min(int(size) or limit, limit)
        page: dict[str, Any] = {field_name: items[first:end]}
        if end < len(items):
            page["next_page_token"] = f"p{end}"
        return page

    def _check_workspace_id(self) -> None:
        for header in ("x-databricks-workspace-id", "x-databricks-org-id"):
            given = self.request.headers.get(header)
            if given is not None and given != self.workspace.estate.workspace_id:
                raise ApiError(403, "PERMISSION_DENIED", f"Unable to load OAuth Config for workspace {given}")

    def _by_pat(self, token: str) -> Optional[Caller]:
        owner = self.workspace.principal(self.workspace.pats.get(token, ""))
        return Caller(owner, frozenset({"all-apis"})) if owner is not None else None

    def _by_entra(self, token: str) -> Optional[Caller]:
        """A token of Microsoft Entra, where the workspace is in one of its tenants."""
        decoded = self._entra_claims(token)
        if decoded is None:
            return None
        tenant = self.workspace.estate.tenant
        for name, expected in (("aud", DATABRICKS), ("iss", f"https://sts.windows.net/{tenant}/")):
            if decoded[name] != expected:
                raise ApiError(400, "BAD_REQUEST", f"io.jsonwebtoken.IncorrectClaimException: Expected {name} claim to be: "
                               f"{expected}, but was: {decoded[name]}.")
        if self.world.now() + 30 >= decoded["exp"]:
            raise ApiError(400, "BAD_REQUEST", "Token is expiring within 30 seconds.")
        principal = self.workspace.principal(decoded.get("appid") or decoded.get("upn", ""))
        if principal is None or (principal.name in self.workspace.estate.newcomers and not self._manages(principal)):
            raise ApiError(403, "PERMISSION_DENIED", "User not authorized.")
        return Caller(principal, frozenset({"all-apis"}))

    def _manages(self, principal: Principal) -> bool:
        """Whether the two headers show that it may manage this workspace's resource in Azure."""
        headers = self.request.headers
        claims = self._entra_claims(headers.get("x-databricks-azure-sp-management-token", ""))
        management = cloud_of(headers.get("host", "")).management
        return (claims is not None and claims["aud"] == management and claims.get("appid") == principal.name
                and self.world.now() < claims["exp"]
                and headers.get("x-databricks-azure-workspace-resource-id") == self.workspace.estate.resource_id)

    def _entra_claims(self, token: str) -> Optional[dict[str, Any]]:
        try:
            decoded = tokens.decode(token)
        except tokens.NotAToken:
            return None
        known = self.workspace.estate.tenant and self.world.directory.signer.verifies(decoded)
        return decoded.claims if known else None

    def _by_google(self, token: str) -> Optional[Caller]:
        """An ID token of Google; the header beside it must be a token of the same account, if it is there."""
        user = self.world.identities.google_user(token, self.workspace.url)
        owner = self.workspace.principal(user or "")
        second = self.request.headers.get("x-databricks-gcp-sa-access-token")
        if second is not None and second not in self.world.identities.google_access_tokens:
            raise ApiError(401, "UNAUTHENTICATED", "Invalid access token.")
        return Caller(owner, frozenset({"all-apis"})) if owner is not None else None

    def _by_password(self, encoded: str) -> Caller:
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            user, password = "", ""
        owner = self.workspace.principal(user)
        if owner is None or self.workspace.passwords.get(user) != password:
            raise ApiError(401, "UNAUTHENTICATED", "Invalid username or password.")
        return Caller(owner, frozenset({"all-apis"}))

    def _by_jwt(self, token: str) -> Caller:
        try:
            decoded = tokens.decode(token)
        except tokens.NotAToken:
            raise ApiError(401, "UNAUTHENTICATED", "Invalid access token.") from None
        claims = decoded.claims
        if not self.workspace.signer.verifies(decoded) or claims.get("aud") != self.workspace.estate.workspace_id:
            raise ApiError(401, "UNAUTHENTICATED", "Invalid access token.")
        if self.world.now() >= claims["exp"] or claims["jti"] in self.world.issued.revoked:
            raise ApiError(401, "UNAUTHENTICATED", "Access token is expired.")
        principal = self.workspace.principal(claims["sub"])
        if principal is None:
            raise ApiError(401, "UNAUTHENTICATED", "Invalid access token.")
        return Caller(principal, frozenset(claims["scope"].split()))
