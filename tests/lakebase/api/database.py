"""Provisioned instances: get, list, find by uid."""

from __future__ import annotations

from typing import Any

from ..inventory import Instance
from .call import Call, invalid, not_found


def get(call: Call) -> dict[str, Any]:
    call.take_query()
    call.caller("postgres")
    for instance in call.workspace.estate.instances:
        if instance.name == call.parameters["name"]:
            return describe(instance)
    raise not_found(f"Database instance '{call.parameters['name']}' not found")


def listing(call: Call) -> dict[str, Any]:
    call.take_query("page_size", "page_token")
    call.caller("postgres")
    return call.page([describe(i) for i in call.workspace.estate.instances], "database_instances")


def find_by_uid(call: Call) -> dict[str, Any]:
    call.take_query("uid")
    call.caller("postgres")
    uid = call.query.get("uid", "")
    if not uid:
        raise invalid("uid is required")
    for instance in call.workspace.estate.instances:
        if instance.uid == uid:
            return describe(instance)
    raise not_found(f"Database instance with uid '{uid}' not found")


def describe(instance: Instance) -> dict[str, Any]:
    answer = {
        "name": instance.name,
        "uid": instance.uid,
        "state": instance.state,
        "read_write_dns": instance.host,
        "pg_version": "PG_VERSION_16",
        "capacity": "CU_1",
        "node_count": 2 if instance.readable_secondaries else 1,
        "stopped": instance.state == "STOPPED",
        "effective_stopped": instance.state == "STOPPED",
        "effective_enable_pg_native_login": True,
        "enable_readable_secondaries": instance.readable_secondaries,
        "creator": "dev@example.com",
        "creation_time": "2026-01-15T09:30:00Z",
    }
    if instance.readable_secondaries:
        answer["read_only_dns"] = instance.read_only_host
    return answer
