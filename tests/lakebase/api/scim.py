"""Who am I: SCIM Me."""

from __future__ import annotations

from typing import Any

from .call import Call


def me(call: Call) -> dict[str, Any]:
    call.take_query("attributes", "excludedAttributes")
    principal = call.caller("iam.current-user:read").principal
    answer: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
                    "urn:ietf:params:scim:schemas:extension:workspace:2.0:User"],
        "id": principal.scim_id,
        "userName": principal.name,
        "displayName": principal.display_name,
        "active": True,
        "groups": [{"display": group, "value": call.workspace.estate.group_ids[group], "type": "direct"}
                   for group in principal.groups],
        "entitlements": [{"value": "workspace-access"}, {"value": "databricks-sql-access"}],
    }
    if principal.kind == "USER":
        answer["emails"] = [{"type": "work", "value": principal.name, "primary": True}]
    wanted = {name.strip() for name in call.query.get("attributes", "").split(",") if name.strip()}
    unwanted = {name.strip() for name in call.query.get("excludedAttributes", "").split(",")}
    always = {"schemas", "id"}
    return {name: value for name, value in answer.items()
            if name in always or (name not in unwanted and (not wanted or name in wanted))}
