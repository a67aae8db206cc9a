"""What the services that hand out tokens of managed identities have in common."""

from __future__ import annotations

from typing import Any

from .. import inventory
from ..httpd import Response
from .directory import USER_ASSIGNED_OBJECT, USER_ASSIGNED_RESOURCE, resources
from .service import Refused, ServiceCall


def bad_request(text: str, error: str = "invalid_request") -> Refused:
    return Refused(Response.json({"error": error, "error_description": text}, 400))


def check_header(call: ServiceCall) -> None:
    """What keeps requests out that somebody else made this machine send."""
    if call.request.headers.get("metadata") != "true":
        raise bad_request("Required metadata header not specified", "bad_request_102")
    if "x-forwarded-for" in call.request.headers:
        raise bad_request("Header X-Forwarded-For is not allowed")


def selected(call: ServiceCall, client: str, object_id: str, resource_id: str) -> str:
    """The identity that the query chooses; the names are those of its parameters."""
    known = {client: inventory.USER_ASSIGNED.name, object_id: USER_ASSIGNED_OBJECT, resource_id: USER_ASSIGNED_RESOURCE}
    given = [name for name in known if name in call.query]
    if len(given) > 1:
        raise bad_request("More than one identity is chosen")
    if given and call.query[given[0]] != known[given[0]]:
        raise bad_request("Identity not found")
    return inventory.USER_ASSIGNED.name if given else inventory.MACHINE.name


def token(call: ServiceCall, identity: str, resource: str) -> dict[str, Any]:
    if resource not in resources():
        raise bad_request(f"AADSTS500011: The resource principal named {resource} was not found in the tenant",
                          "invalid_resource")
    access, end, seconds = call.mint(identity, resource, inventory.TENANT)
    return {"access_token": access, "client_id": identity, "expires_in": str(seconds), "expires_on": str(end),
            "ext_expires_in": str(seconds), "not_before": str(end - seconds), "resource": resource,
            "token_type": "Bearer"}
