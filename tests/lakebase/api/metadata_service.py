"""The local program that signs in for others: plain HTTP, a path that nobody can guess."""

from __future__ import annotations

from typing import Any

from .. import inventory
from ..httpd import Response
from .call import Call


def token(call: Call) -> Any:
    call.take_query()
    headers = call.request.headers
    if headers.get("x-databricks-metadata-version") != "1":
        return Response.json({"error": "unsupported metadata version"}, 400)
    if call.request.path != call.world.identities.metadata_path:
        return Response.json({"error": "no such session"}, 404)
    if headers.get("x-databricks-host") != call.workspace.url:
        return Response.json({"error": "not signed in to this host"}, 403)
    principal = call.workspace.principal(call.identity or inventory.DEV.name)
    assert principal is not None
    access, seconds = call.world.mint_workspace_token(call.workspace, principal, "all-apis", call.lifetime)
    return {"access_token": access, "token_type": "Bearer", "expires_on": int(call.world.now()) + seconds}
