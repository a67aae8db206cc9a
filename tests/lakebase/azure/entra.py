"""Microsoft Entra: the token endpoint of the v2.0 platform, for clients with a secret or an assertion."""

from __future__ import annotations

import hmac
import time
import uuid
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .. import inventory, tokens
from ..httpd import Response
from .clouds import CLOUDS, cloud_of
from .directory import EXCHANGE_AUDIENCE, FEDERATED, resources
from .service import Refused, Service, ServiceCall

HOSTS = "|".join(cloud.login.replace(".", r"\.") for cloud in CLOUDS)
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


def refusal(status: int, error: str, code: int, text: str) -> Refused:
    trace, correlation = uuid.uuid4(), uuid.uuid4()
    stamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    return Refused(Response.json({
        "error": error,
        "error_description": f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [code], "timestamp": stamp, "trace_id": str(trace), "correlation_id": str(correlation),
        "error_uri": f"https://login.microsoftonline.com/error?code={code}"}, status, NO_STORE))


def discovery(call: ServiceCall) -> dict[str, Any]:
    """What Microsoft's own library asks for first."""
    call.take_query()
    tenant = call.parameters["tenant"]
    _check_tenant(call, tenant)
    base = f"https://{call.request.headers['host']}/{tenant}"
    return {"issuer": f"{base}/v2.0", "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize", "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys"}


def _check_tenant(call: ServiceCall, tenant: str) -> None:
    if tenant not in call.directory.tenants:
        raise refusal(400, "invalid_request", 90002, f"Tenant '{tenant}' not found. Check to make sure you have the "
                      "correct tenant ID and are signing into the correct cloud.")


def token(call: ServiceCall) -> Response:
    call.take_query()
    tenant = call.parameters["tenant"]
    _check_tenant(call, tenant)
    form = call.form()
    if call.request.headers.get("x-client-sku") == "MSAL.Python":
        form.pop("client_info", None)
    proofs = {"client_secret"} if "client_secret" in form else {"client_assertion_type", "client_assertion"}
    if set(form) != {"grant_type", "client_id", "scope"} | proofs:
        raise refusal(400, "invalid_request", 900144, f"The request body must contain other parameters than {sorted(form)}.")
    if form["grant_type"] != "client_credentials":
        raise refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    client = form["client_id"]
    if client not in call.directory.secrets:
        raise refusal(400, "unauthorized_client", 700016,
                      f"Application with identifier '{client}' was not found in the directory '{tenant}'.")
    resource = form["scope"].removesuffix("/.default")
    if not form["scope"].endswith("/.default") or resource not in resources(cloud_of(call.request.headers["host"])):
        raise refusal(400, "invalid_resource", 500011,
                      f"The resource principal named {resource} was not found in the tenant named {tenant}.")
    if "client_secret" in form:
        _check_secret(call, client, form["client_secret"])
    else:
        _check_assertion(call, tenant, client, form)
    access, _, seconds = call.mint(client, resource, tenant)
    return Response.json({"token_type": "Bearer", "expires_in": max(seconds, 0), "ext_expires_in": max(seconds, 0),
                          "access_token": access}, headers=NO_STORE)


def _check_secret(call: ServiceCall, client: str, secret: str) -> None:
    if not hmac.compare_digest(call.directory.secrets[client].encode(), secret.encode()):
        raise refusal(401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in "
                      "the request is the client secret value, not the client secret ID, for a secret added to app "
                      f"'{client}'.")


def _check_assertion(call: ServiceCall, tenant: str, client: str, form: dict[str, str]) -> None:
    if form["client_assertion_type"] != JWT_BEARER:
        raise refusal(400, "invalid_request", 50027, "Invalid client_assertion_type.")
    try:
        assertion = tokens.decode(form["client_assertion"])
    except tokens.NotAToken:
        raise refusal(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from None
    if client != inventory.AZURE_APP.name:
        raise refusal(401, "invalid_client", 700025, "Client is public or has no certificate.")
    _check_times(call, assertion.claims)
    if "x5t#S256" in assertion.header:
        _check_certificate(call, tenant, client, assertion)
    else:
        _check_federated(call, assertion)


def _check_times(call: ServiceCall, claims: dict[str, Any]) -> None:
    now = call.world.now()
    times = [claims.get(name) for name in ("nbf", "exp")]
    if not all(isinstance(moment, int) for moment in times) or not times[0] - 300 <= now < times[1]:
        raise refusal(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")


def _check_certificate(call: ServiceCall, tenant: str, client: str, assertion: tokens.Decoded) -> None:
    host = call.request.headers["host"]
    expected = {"aud": f"https://{host}/{tenant}/oauth2/v2.0/token", "iss": client, "sub": client}
    wrong = [name for name, value in expected.items() if assertion.claims.get(name) != value]
    if wrong or set(assertion.claims) != {*expected, "jti", "nbf", "exp"}:
        raise refusal(401, "invalid_client", 700021, f"Client assertion application identifier doesn't match: {wrong}.")
    if assertion.claims["exp"] - assertion.claims["nbf"] > 24 * 3600:
        raise refusal(401, "invalid_client", 700024, "Client assertion is valid for too long.")
    key = call.directory.key.public_key()
    failed = refusal(401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion "
                     "is not registered on application.")
    if assertion.header != {"alg": "PS256", "typ": "JWT", "x5t#S256": call.directory.thumbprint}:
        raise failed
    try:
        key.verify(assertion.signature, assertion.signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    except InvalidSignature:
        raise failed from None


def _check_federated(call: ServiceCall, assertion: tokens.Decoded) -> None:
    issuers = (call.directory.cluster, call.directory.github)
    audience = assertion.claims.get("aud")
    if audience not in (EXCHANGE_AUDIENCE, [EXCHANGE_AUDIENCE]):
        raise refusal(401, "invalid_client", 700212, "No matching federated identity record found for presented "
                      f"assertion audience '{audience}'.")
    if (assertion.claims.get("iss"), assertion.claims.get("sub")) not in FEDERATED:
        raise refusal(401, "invalid_client", 700213, "No matching federated identity record found for presented "
                      f"assertion subject '{assertion.claims.get('sub')}'.")
    if not any(issuer.verifies(assertion) for issuer in issuers):
        raise refusal(401, "invalid_client", 5000611, "Signature validation failed.")


SERVICE = Service("entra", (("POST", "/{tenant}/oauth2/v2.0/token", token),
                            ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", discovery)), HOSTS)
