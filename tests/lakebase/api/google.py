"""Google: tokens for a service account's signed assertion, for machines, and for acting as another account."""

from __future__ import annotations

import time
from typing import Any, Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .. import tokens
from ..httpd import Response
from .call import Call
from .identity_providers import (CLUSTER, CLUSTER_SUBJECT, GOOGLE, GOOGLE_ACCOUNT, GOOGLE_FEDERATED, GOOGLE_MACHINE, GOOGLE_PERSON,
                                 GOOGLE_PROJECT, GOOGLE_PROVIDER)

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PLATFORM = "https://www.googleapis.com/auth/cloud-platform"


def _refused(error: str, description: str, status: int = 400) -> Response:
    return Response.json({"error": error, "error_description": description}, status)


def token(call: Call) -> Any:
    call.take_query()
    try:
        form = call.form_body()
    except ValueError as error:
        return _refused("invalid_request", str(error))
    if set(form) != {"grant_type", "assertion"} or form["grant_type"] != JWT_BEARER:
        return _refused("invalid_request", "Bad Request")
    claims = _verified(call, form["assertion"])
    if claims is None:
        return _refused("invalid_grant", "Invalid JWT Signature.")
    if claims.get("target_audience"):
        return {"id_token": _id_token(call, GOOGLE_ACCOUNT, claims["target_audience"])}
    if not claims.get("scope"):
        return _refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return {"access_token": call.world.identities.google_access_token(GOOGLE_ACCOUNT, claims["scope"]),
            "expires_in": 3599, "token_type": "Bearer"}


def refresh(call: Call) -> Any:
    """oauth2.googleapis.com/token, for a person's login."""
    call.take_query()
    try:
        form = call.form_body()
    except ValueError as error:
        return _refused("invalid_request", str(error))
    login = call.world.identities.google_login
    if set(form) != {"grant_type", *login} or form["grant_type"] != "refresh_token":
        return _refused("invalid_request", "Bad Request")
    if (form["client_id"], form["client_secret"]) != (login["client_id"], login["client_secret"]):
        return _refused("invalid_client", "The OAuth client was not found.", 401)
    if form["refresh_token"] != login["refresh_token"]:
        return _refused("invalid_grant", "Token has been expired or revoked.")
    return {"access_token": call.world.identities.google_access_token(GOOGLE_PERSON, PLATFORM), "expires_in": 3599,
            "scope": PLATFORM, "token_type": "Bearer"}


def exchange(call: Call) -> Any:
    """sts.googleapis.com/v1/token, for the token of another identity provider."""
    call.take_query()
    try:
        form = call.form_body()
    except ValueError as error:
        return _refused("invalid_request", str(error))
    wanted = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": GOOGLE_PROVIDER,
              "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
              "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "scope": PLATFORM}
    if set(form) != {*wanted, "subject_token"} or any(form[name] != value for name, value in wanted.items()):
        return _refused("invalid_request", "Invalid value for a parameter.")
    identities = call.world.identities
    try:
        decoded = tokens.decode(form["subject_token"])
    except tokens.NotAToken:
        return _refused("invalid_grant", "The subject token is not a valid JWT.")
    claims = decoded.claims
    if not identities.signers[CLUSTER].verifies(decoded) or claims["exp"] <= time.time() \
            or (claims["iss"], claims["sub"], claims["aud"]) != (CLUSTER, CLUSTER_SUBJECT, "https:" + GOOGLE_PROVIDER):
        return _refused("invalid_grant", "The audience in ID Token does not match the expected audience.")
    return {"access_token": identities.google_access_token(GOOGLE_FEDERATED, PLATFORM), "expires_in": 3599,
            "issued_token_type": wanted["requested_token_type"], "token_type": "Bearer"}


def machine_token(call: Call) -> Any:
    call.take_query("scopes")
    if call.request.headers.get("metadata-flavor") != "Google" or "x-forwarded-for" in call.request.headers:
        return Response(403, b"Missing Metadata-Flavor:Google header.", {"Content-Type": "text/html"})
    access = call.world.identities.google_access_token(GOOGLE_MACHINE, call.query.get("scopes", ""))
    return Response.json({"access_token": access, "expires_in": 3599, "token_type": "Bearer"},
                         headers={"Metadata-Flavor": "Google"})


def generate_id_token(call: Call) -> Any:
    refusal = _may_not_act(call)
    if refusal is not None:
        return refusal
    body = call.json_body("audience", "includeEmail", "delegates")
    if not body.get("audience") or body.get("includeEmail") is not True:
        return _google_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    return {"token": _id_token(call, call.parameters["account"], body["audience"])}


def generate_access_token(call: Call) -> Any:
    refusal = _may_not_act(call)
    if refusal is not None:
        return refusal
    body = call.json_body("scope", "lifetime", "delegates")
    if PLATFORM not in body.get("scope", []) or body.get("lifetime") != "3600s":
        return _google_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    access = call.world.identities.google_access_token(call.parameters["account"], " ".join(body["scope"]))
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    return {"accessToken": access, "expireTime": end}


def _may_not_act(call: Call) -> Optional[Response]:
    call.take_query()
    kind, _, bearer = call.request.headers.get("authorization", "").partition(" ")
    owner, scopes = call.world.identities.google_access_tokens.get(bearer, ("", ""))
    if kind != "Bearer" or not owner:
        return _google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    project = call.request.headers.get("x-goog-user-project")
    if project not in (None, GOOGLE_PROJECT):
        return _google_error(403, "USER_PROJECT_DENIED", f"Caller does not have required permission to use project {project}.")
    if PLATFORM not in scopes.split() or call.parameters["account"] != GOOGLE_ACCOUNT:
        return _google_error(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource "
                             "(or it may not exist).")
    return None


def _google_error(code: int, status: str, message: str) -> Response:
    return Response.json({"error": {"code": code, "message": message, "status": status}}, code)


def _id_token(call: Call, account: str, audience: str) -> str:
    return call.world.identities.mint(GOOGLE, "110000000000000000001", audience, call.lifetime or 3600, azp=account,
                                      email=account, email_verified=True)


def _verified(call: Call, assertion: str) -> Optional[dict[str, Any]]:
    """The claims of an assertion that the service account's key signed, meant for us, of an hour at most."""
    identities = call.world.identities
    try:
        decoded = tokens.decode(assertion)
        identities.google_key.public_key().verify(decoded.signature, decoded.signed, padding.PKCS1v15(), hashes.SHA256())
    except (tokens.NotAToken, InvalidSignature):
        return None
    claims, now = decoded.claims, time.time()
    header_ok = decoded.header == {"alg": "RS256", "typ": "JWT", "kid": identities.google_key_id}
    known = set(claims) <= {"iss", "aud", "iat", "exp", "scope", "target_audience"}
    ours = claims.get("iss") == GOOGLE_ACCOUNT and str(claims.get("aud", "")).endswith("/google/token")
    in_time = claims.get("iat", 0) <= now < claims.get("exp", 0) <= claims.get("iat", 0) + 3600
    return claims if header_ok and known and ours and in_time else None
