"""The identity endpoint of App Service, Functions and Container Apps, its older kind, and Cloud Shell's."""

from __future__ import annotations

import hmac
from typing import Any

from ..httpd import Response
from . import metadata
from .service import Refused, Service, ServiceCall


def get(call: ServiceCall) -> dict[str, Any]:
    _check(call, "x-identity-header")
    call.take_query("api-version", "resource", "client_id", "object_id", "mi_res_id")
    if call.query.get("api-version") != "2019-08-01":
        raise metadata.bad_request("The api-version is not supported")
    identity = metadata.selected(call, "client_id", "object_id", "mi_res_id")
    return metadata.token(call, identity, call.query.get("resource", ""))


def get_older(call: ServiceCall) -> dict[str, Any]:
    _check(call, "secret")
    call.take_query("api-version", "resource", "clientid", "object_id", "mi_res_id")
    if call.query.get("api-version") != "2017-09-01":
        raise metadata.bad_request("The api-version is not supported")
    identity = metadata.selected(call, "clientid", "object_id", "mi_res_id")
    answer = metadata.token(call, identity, call.query.get("resource", ""))
    return {name: answer[name] for name in ("access_token", "expires_on", "resource", "token_type")}


def cloud_shell(call: ServiceCall) -> dict[str, Any]:
    metadata.check_header(call)
    call.take_query()
    form = call.form()
    if set(form) != {"resource"}:
        raise metadata.bad_request("resource is all that may be given")
    return metadata.token(call, metadata.selected(call, "", "", ""), form["resource"])


def _check(call: ServiceCall, header: str) -> None:
    given = call.request.headers.get(header, "")
    if not hmac.compare_digest(given.encode(), call.directory.identity_header.encode()):
        raise Refused(Response.json({"statusCode": 401, "message": "Unauthorized"}, 401))


SERVICE = Service("app-service", (("GET", "/msi/token", get), ("GET", "/older/msi/token", get_older),
                                  ("POST", "/shell/oauth2/token", cloud_shell)))
