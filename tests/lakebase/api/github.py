"""What GitHub tells a job about itself: its identity token, for an audience."""

from __future__ import annotations

from typing import Any

from ..httpd import Response
from .call import Call
from .identity_providers import GITHUB, GITHUB_SUBJECT


def id_token(call: Call) -> Any:
    call.take_query("api-version", "audience")
    if call.request.headers.get("authorization") != f"Bearer {call.world.identities.github_request_token}":
        return Response.json({"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}, 401)
    if call.query.get("api-version") != "2.0" or not call.query.get("audience"):
        return Response.json({"message": "Bad request"}, 400)
    token = call.world.identities.mint(GITHUB, GITHUB_SUBJECT, call.query["audience"], call.lifetime or 300,
                                       repository="octo-org/shop", environment="production")
    return {"count": len(token), "value": token}
