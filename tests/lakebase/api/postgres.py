"""Autoscaling: projects, branches, endpoints, databases and roles."""

from __future__ import annotations

from typing import Any

from .. import inventory
from ..inventory import Endpoint
from .call import Call, not_found

_CREATED = "2026-01-15T09:30:00Z"


def list_projects(call: Call) -> dict[str, Any]:
    call.take_query("page_size", "page_token", "show_deleted")
    call.caller("postgres")
    return call.page([_project(name) for name in call.workspace.estate.branches], "projects")


def get_project(call: Call) -> dict[str, Any]:
    call.take_query()
    call.caller("postgres")
    return _project(_known_project(call))


def list_branches(call: Call) -> dict[str, Any]:
    call.take_query("page_size", "page_token", "show_deleted")
    call.caller("postgres")
    project = _known_project(call)
    return call.page([_branch(project, b) for b in call.workspace.estate.branches[project]], "branches")


def get_branch(call: Call) -> dict[str, Any]:
    call.take_query()
    call.caller("postgres")
    return _branch(*_known_branch(call))


def list_endpoints(call: Call) -> dict[str, Any]:
    call.take_query("page_size", "page_token", "show_deleted")
    call.caller("postgres")
    return call.page([_endpoint(e) for e in _endpoints(call)], "endpoints")


def get_endpoint(call: Call) -> dict[str, Any]:
    call.take_query()
    call.caller("postgres")
    for endpoint in _endpoints(call):
        if endpoint.endpoint_id == call.parameters["endpoint"]:
            return _endpoint(endpoint)
    raise not_found("endpoint id not found")


def list_databases(call: Call) -> dict[str, Any]:
    call.take_query("page_size", "page_token")
    call.caller("postgres")
    parent = "projects/{}/branches/{}".format(*_known_branch(call))
    name = inventory.DATABASE.replace("_", "-")
    return call.page([{"name": f"{parent}/databases/{name}", "parent": parent,
                       "status": {"postgres_database": inventory.DATABASE}}], "databases")


async def list_roles(call: Call) -> dict[str, Any]:
    """From the real catalog, so that roles made by SQL appear."""
    call.take_query("page_size", "page_token")
    call.caller("postgres")
    parent = "projects/{}/branches/{}".format(*_known_branch(call))
    rows = await call.catalog.query(
        "select r.rolname, r.rolcanlogin, r.rolpassword is not null, l.label from pg_authid r left join pg_shseclabel l"
        " on l.objoid = r.oid and l.provider = 'databricks_auth' where r.rolname !~ '^pg_' and r.rolname <> 'postgres'"
        " order by 1")
    return call.page([_role(parent, *row) for row in rows], "roles")


def _project(name: str) -> dict[str, Any]:
    return {"name": f"projects/{name}", "uid": f"{name}-0d9c8b7a", "create_time": _CREATED,
            "status": {"display_name": name.title(), "pg_version": 17, "enable_pg_native_login": True,
                       "default_branch": f"projects/{name}/branches/production", "owner": "dev@example.com"}}


def _branch(project: str, name: str) -> dict[str, Any]:
    return {"name": f"projects/{project}/branches/{name}", "parent": f"projects/{project}",
            "uid": f"br-{project}-{name}-4f3e2d1c", "create_time": _CREATED,
            "status": {"default": name == "production", "current_state": "READY"}}


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    kind = "ENDPOINT_TYPE_READ_ONLY" if endpoint.read_only else "ENDPOINT_TYPE_READ_WRITE"
    side = "read_only" if endpoint.read_only else "read_write"
    hosts = {"host": endpoint.host, f"{side}_pooled_host": endpoint.pooled_host}
    if endpoint.read_only:
        hosts["read_only_host"] = endpoint.host
    return {"name": endpoint.name, "uid": endpoint.uid, "endpoint_id": endpoint.endpoint_id,
            "parent": endpoint.name.rpartition("/endpoints/")[0], "create_time": _CREATED,
            "spec": {"endpoint_type": kind, "disabled": endpoint.disabled},
            "status": {"endpoint_type": kind, "current_state": endpoint.state, "disabled": endpoint.disabled,
                       "hosts": hosts}}


def _role(parent: str, name: str | None, can_login: str | None, password: str | None,
          label: str | None) -> dict[str, Any]:
    kind = (label or "").rpartition("type=")[2]
    method = "LAKEBASE_OAUTH_V1" if label else "PG_PASSWORD_SCRAM_SHA_256" if password == "t" else "NO_LOGIN"
    status = {"postgres_role": name, "auth_method": method if can_login == "t" else "NO_LOGIN"}
    if kind:
        status["identity_type"] = kind
    return {"name": f"{parent}/roles/{name}", "parent": parent, "status": status}


def _known_project(call: Call) -> str:
    project = call.parameters["project"]
    if project not in call.workspace.estate.branches:
        raise not_found("project id not found")
    return project


def _known_branch(call: Call) -> tuple[str, str]:
    project = _known_project(call)
    branch = call.parameters["branch"]
    if branch not in call.workspace.estate.branches[project]:
        raise not_found("branch id not found")
    return project, branch


def _endpoints(call: Call) -> list[Endpoint]:
    project, branch = _known_branch(call)
    return [e for e in call.workspace.estate.endpoints if (e.project, e.branch) == (project, branch)]
