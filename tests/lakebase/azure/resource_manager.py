"""Azure Resource Manager: the one call that tells where a workspace is."""

from __future__ import annotations

from typing import Any

from .. import inventory, tokens
from ..httpd import Response
from .clouds import CLOUDS, cloud_of
from .service import Refused, Service, ServiceCall

ROUTE = ("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Databricks/workspaces/{name}")


def refusal(status: int, code: str, message: str) -> Refused:
    return Refused(Response.json({"error": {"code": code, "message": message}}, status))


def get(call: ServiceCall) -> dict[str, Any]:
    call.take_query("api-version")
    if call.query.get("api-version") != "2018-04-01":
        raise refusal(400, "NoRegisteredProviderFound", "No registered resource provider found for that API version.")
    cloud = cloud_of(call.request.headers["host"])
    kind, _, given = call.request.headers.get("authorization", "").partition(" ")
    try:
        token = tokens.decode(given)
    except tokens.NotAToken:
        raise refusal(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.") from None
    if kind != "Bearer" or not call.directory.signer.verifies(token) or call.world.now() >= token.claims["exp"]:
        raise refusal(401, "InvalidAuthenticationToken", "The access token is invalid.")
    if token.claims["aud"] != f"https://{cloud.resource_manager}/":
        raise refusal(401, "InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience.")
    if call.request.path != inventory.AZURE_ESTATE.resource_id:
        raise refusal(404, "ResourceNotFound", f"The Resource '{call.parameters['name']}' was not found.")
    return {"id": call.request.path, "name": call.parameters["name"], "type": "Microsoft.Databricks/workspaces",
            "properties": {"workspaceId": inventory.AZURE_ESTATE.workspace_id, "workspaceUrl": cloud.workspace,
                           "provisioningState": "Succeeded"}}


SERVICE = Service("resource-manager", (("GET", ROUTE, get),),
                  "|".join(cloud.resource_manager.replace(".", r"\.") for cloud in CLOUDS))
