"""GitHub's issuer of identity tokens for jobs, as an Entra application trusts it."""

from __future__ import annotations

import hmac
from typing import Any

from ..httpd import Response
from .service import Refused, Service, ServiceCall


def get(call: ServiceCall) -> dict[str, Any]:
    call.take_query("api-version", "audience")
    kind, _, given = call.request.headers.get("authorization", "").partition(" ")
    if kind != "Bearer" or not hmac.compare_digest(given.encode(), call.directory.request_token.encode()):
        raise Refused(Response.json({"message": "The token is not valid"}, 401))
    return {"value": call.directory.github_token(call.query.get("audience", "https://github.com/shop"), call.world.now())}


SERVICE = Service("github-azure", (("GET", "/job/idtoken", get),), r"pipelines\.actions\.githubusercontent\.com")
