"""What Azure DevOps tells a pipeline's job about itself: its identity token."""

from __future__ import annotations

from typing import Any

from ..httpd import Response
from .call import Call
from .identity_providers import AZURE_EXCHANGE, DEVOPS, DEVOPS_SUBJECT


def oidc_token(call: Call) -> Any:
    call.take_query("api-version")
    if call.request.headers.get("authorization") != f"Bearer {call.world.identities.devops_access_token}":
        # What the real one does to those it does not know.
        return Response(302, b"", {"Location": "https://spsprodweu5.vssps.visualstudio.com/_signin"})
    if call.query.get("api-version") != "7.2-preview.1":
        return Response.json({"$id": "1", "message": "No api-version was supplied", "errorCode": 0}, 400)
    if call.request.headers.get("content-type", "").split(";")[0] != "application/json":
        return Response.json({"$id": "1", "message": "unsupported media type", "errorCode": 0}, 415)
    return {"oidcToken": call.world.identities.mint(DEVOPS, DEVOPS_SUBJECT, AZURE_EXCHANGE, call.lifetime or 300)}
