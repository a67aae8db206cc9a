"""The two calls that make database credentials."""

from __future__ import annotations

import datetime
import re
from typing import Any

from ..inventory import Principal
from .call import ApiError, Call, invalid, not_found

HOUR = 3600
SHORTEST, LONGEST = 300, 3600

_DURATION = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?s")


def for_endpoint(call: Call) -> dict[str, Any]:
    """Autoscaling: POST /api/2.0/postgres/credentials."""
    call.take_query()
    caller = call.caller("postgres")
    body = call.json_body("endpoint", "claims", "ttl", "expire_time", "group_name")
    endpoint = body.get("endpoint")
    if not isinstance(endpoint, str) or not endpoint:
        raise invalid("Field 'endpoint' is required, expected non-default value (not \"\")!")
    if not re.fullmatch(r"projects/[^/]+/branches/[^/]+/endpoints/[^/]+", endpoint):
        raise invalid(f"Invalid endpoint name: {endpoint}")
    _check_claims(body, ("table_name",))
    lifetime = _lifetime(call, body)
    if all(e.name != endpoint for e in call.workspace.estate.endpoints):
        raise not_found("endpoint id not found")
    group = _group(call, caller.principal, body)
    token, expires = _mint(call, caller.principal.name, lifetime, body.get("claims"), group)
    return {"token": token, "expire_time": timestamp(expires)}


def for_instances(call: Call) -> dict[str, Any]:
    """Provisioned: POST /api/2.0/database/credentials."""
    call.take_query()
    caller = call.caller("postgres")
    body = call.json_body("instance_names", "request_id", "claims")
    names = body.get("instance_names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid("instance_names must be a list of strings")
    if not isinstance(body.get("request_id", ""), str):
        raise invalid("request_id must be a string")
    _check_claims(body, ("table_name", "unspecified_resource_name"))
    if not names and not body.get("claims"):
        raise invalid("At least one of instance_names or claims must be given")
    known = {instance.name for instance in call.workspace.estate.instances}
    for name in names:
        if name not in known:
            raise not_found(f"Database instance '{name}' not found")
    override = call.world.settings.token_lifetime
    token, expires = _mint(call, caller.principal.name, HOUR if override is None else override, body.get("claims"))
    return {"token": token, "expiration_time": timestamp(expires)}


def timestamp(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _group(call: Call, principal: Principal, body: dict[str, Any]) -> str:
    """The group that the credential is for; its caller must be a member."""
    group = body.get("group_name", "")
    if not isinstance(group, str):
        raise invalid("group_name must be a string")
    if group and group not in call.workspace.estate.group_ids:
        raise not_found(f"Group '{group}' not found")
    if group and group not in principal.groups:
        raise ApiError(403, "PERMISSION_DENIED", f"The caller is not a member of the group '{group}'")
    return group


def _mint(call: Call, name: str, lifetime: int, claims: Any, group: str = "") -> tuple[str, int]:
    principal = call.workspace.principal(call.identity or name)
    assert principal is not None
    seconds = lifetime if call.lifetime is None else call.lifetime
    return call.world.mint_database_token(call.workspace, principal, seconds, claims, group)


def _lifetime(call: Call, body: dict[str, Any]) -> int:
    """What was asked for, checked; then the setting that tests use."""
    if "ttl" in body and "expire_time" in body:
        raise invalid("Only one of ttl and expire_time may be given")
    seconds = HOUR
    if "ttl" in body:
        match = _DURATION.fullmatch(body["ttl"]) if isinstance(body["ttl"], str) else None
        if match is None:
            raise ApiError(400, "MALFORMED_REQUEST", "Could not parse request object: Invalid duration format in ttl")
        seconds = int(match[1])
    elif "expire_time" in body:
        seconds = _seconds_until(call, body["expire_time"])
    if not SHORTEST <= seconds <= LONGEST:
        raise invalid(f"Credential lifetime must be between {SHORTEST} and {LONGEST} seconds")
    override = call.world.settings.token_lifetime
    return seconds if override is None else override


def _seconds_until(call: Call, text: Any) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
    except (TypeError, ValueError) as error:
        raise ApiError(400, "MALFORMED_REQUEST",
                       "Could not parse request object: Invalid timestamp in expire_time") from error
    return round(moment.timestamp() - call.world.now())


def _check_claims(body: dict[str, Any], resource_fields: tuple[str, ...]) -> None:
    claims = body.get("claims", [])
    if not isinstance(claims, list):
        raise invalid("claims must be a list")
    for claim in claims:
        if not isinstance(claim, dict) or not set(claim) <= {"permission_set", "resources"}:
            raise invalid("claims hold permission_set and resources only")
        if claim.get("permission_set") != "READ_ONLY":
            raise invalid("permission_set must be READ_ONLY")
        resources = claim.get("resources", [])
        if not isinstance(resources, list) or not all(
                isinstance(r, dict) and len(r) == 1 and set(r) <= set(resource_fields) for r in resources):
            raise invalid(f"resources hold one of {', '.join(resource_fields)}")
