"""Databricks Secrets: the one call that reads a value."""

from __future__ import annotations

import base64
from typing import Any

from ..inventory import APP
from .call import ApiError, Call, invalid


def get(call: Call) -> dict[str, Any]:
    call.take_query("scope", "key")
    caller = call.caller("secrets")
    scope, key = (call.query.get(name, "") for name in ("scope", "key"))
    if not scope or not key:
        raise invalid("scope and key are required")
    known = call.workspace.estate.secrets
    if all(scope != known_scope for known_scope, _ in known):
        raise ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"Scope {scope} does not exist!")
    if (scope, key) not in known:
        raise ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"Failed to get secret {key} for scope {scope}.")
    owner = known[scope, key]
    if scope == "private" and caller.principal.name != owner:
        raise ApiError(403, "PERMISSION_DENIED", "User does not have permission to perform this action")
    if key == "client-secret":
        value = call.workspace.secrets[owner or APP.name]
    else:
        value = call.world.directory.identity_header if key == "identity-header" else call.world.native_password
    return {"key": key, "value": base64.b64encode(value.encode()).decode()}
