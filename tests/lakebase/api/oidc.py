"""OIDC discovery and the token endpoint of a workspace."""

from __future__ import annotations

import base64
import hmac
from typing import Any
from urllib.parse import unquote_plus

from ..azure.clouds import cloud_of
from ..azure.directory import DATABRICKS
from ..httpd import Response
from ..inventory import Principal
from .call import SCOPES, Call

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        headers = {"WWW-Authenticate": 'Basic realm="oidc"'} if status == 401 else {}
        self.response = Response.json({"error": error, "error_description": description}, status,
                                      {**NO_STORE, **headers})


def discovery(call: Call) -> dict[str, Any]:
    call.take_query()
    base = _base_url(call)
    return {
        "issuer": call.workspace.issuer,
        "authorization_endpoint": f"{base}/oidc/v1/authorize",
        "token_endpoint": f"{base}/oidc/v1/token",
        "jwks_uri": f"{base}/oidc/jwks.json",
        "scopes_supported": sorted(SCOPES),
        "response_types_supported": ["code"],
        "grant_types_supported": ["client_credentials", TOKEN_EXCHANGE],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }


def databricks_config(call: Call) -> dict[str, Any]:
    call.take_query()
    return {
        "oidc_endpoint": f"{_base_url(call)}/oidc",
        "account_id": "6f1d2c3b-0a9e-4f8d-b7c6-5e4d3c2b1a09",
        "workspace_id": call.workspace.estate.workspace_id,
        "cloud": "aws",
        "host_type": "workspace",
        "token_federation_default_oidc_audiences": [],
    }


def entra_login(call: Call) -> Response:
    """Where a browser is sent that wants to log in to a workspace of Azure Databricks."""
    call.take_query()
    tenant = call.workspace.estate.tenant
    if not tenant:
        return Response.json({"error_code": "ENDPOINT_NOT_FOUND", "message": "No API found for 'GET /aad/auth'"}, 404)
    login = cloud_of(call.request.headers.get("host", "")).login
    return Response(302, b"", {"Location": f"https://{login}/{tenant}/oauth2/authorize?response_type=code"
                               f"&client_id={DATABRICKS}"})


def token(call: Call) -> Response:
    call.take_query()
    try:
        form = call.form_body()
    except ValueError as error:
        raise OAuthError(400, "invalid_request", str(error)) from error
    grant = form.get("grant_type")
    if grant is None:
        raise OAuthError(400, "invalid_request", "Missing required parameter: grant_type")
    if grant == TOKEN_EXCHANGE:
        return _exchange(call, form)
    if grant != "client_credentials":
        raise OAuthError(400, "unsupported_grant_type", f"Grant type {grant} is not supported")
    unknown = sorted(set(form) - {"grant_type", "scope"})
    if unknown:
        raise OAuthError(400, "invalid_request", f"Unexpected parameter: {unknown[0]}")
    return _issue(call, _authenticate(call), form)


def _exchange(call: Call, form: dict[str, str]) -> Response:
    """An identity provider's token for one of the workspace, where a federation policy says so."""
    wanted = {"grant_type", "subject_token", "subject_token_type", "scope"}
    if set(form) - {"client_id"} != wanted or "authorization" in call.request.headers \
            or form["subject_token_type"] != "urn:ietf:params:oauth:token-type:jwt":
        raise OAuthError(400, "invalid_request", "Malformed token exchange request")
    policy = call.world.identities.policy_for(form["subject_token"], form.get("client_id", ""),
                                              f"{_base_url(call)}/oidc/v1/token")
    principal = call.workspace.principal((policy.client_id or policy.subject) if policy is not None else "")
    if principal is None:
        raise OAuthError(400, "invalid_grant", "No federation policy matches the subject token")
    return _issue(call, principal, form)


def _issue(call: Call, principal: Principal, form: dict[str, str]) -> Response:
    scopes = form.get("scope", "").split()
    if not scopes or not set(scopes) <= SCOPES:
        raise OAuthError(400, "invalid_scope", f"Invalid scope: {form.get('scope', '')!r}")
    owner = call.workspace.principal(call.identity) or principal
    access, seconds = call.world.mint_workspace_token(call.workspace, owner, " ".join(scopes), call.lifetime)
    return Response.json({"access_token": access, "token_type": "Bearer", "expires_in": max(seconds, 0),
                          "scope": " ".join(scopes)}, headers=NO_STORE)


def _authenticate(call: Call) -> Principal:
    """HTTP Basic; both halves are form-encoded before base64 (RFC 6749, section 2.3.1)."""
    refused = OAuthError(401, "invalid_client", "Client authentication failed")
    kind, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        raise refused
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        raise refused from None
    client_id, _, secret = (unquote_plus(part) for part in text.partition(":"))
    known = call.workspace.secrets.get(client_id)
    principal = call.workspace.principal(client_id)
    if known is None or principal is None or not hmac.compare_digest(known.encode(), secret.encode()):
        raise refused
    return principal


def _base_url(call: Call) -> str:
    """By the name that the client used: its certificate and its allow-list go by that."""
    host = call.request.headers.get("host", "")
    allowed = {f"{name}:{call.workspace.port}" for name in ("localhost", "127.0.0.1")}
    return f"https://{host}" if host in allowed else call.workspace.url
