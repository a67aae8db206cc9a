"""The metadata service of a virtual machine (169.254.169.254)."""

from __future__ import annotations

from typing import Any

from . import metadata
from .service import Service, ServiceCall


def get(call: ServiceCall) -> dict[str, Any]:
    metadata.check_header(call)
    call.take_query("api-version", "resource", "client_id", "object_id", "msi_res_id")
    if call.query.get("api-version") != "2018-02-01":
        raise metadata.bad_request("The api-version is not supported")
    identity = metadata.selected(call, "client_id", "object_id", "msi_res_id")
    return metadata.token(call, identity, call.query.get("resource", ""))


SERVICE = Service("imds", (("GET", "/metadata/identity/oauth2/token", get),))
