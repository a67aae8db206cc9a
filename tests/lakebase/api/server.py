"""The routes of a workspace, and how one request goes through faults, counters and the route."""

from __future__ import annotations

import asyncio
import inspect
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Optional

from .. import httpd
from ..faults import API
from ..httpd import Request, Response
from ..pgclient import Connection
from ..world import Workspace, World
from . import (azure_devops, credentials, database, github, google, metadata_service, misbehaviour, oidc, postgres, scim,
               secret_scopes)
from .call import ApiError, Call
from .listener import ApiListener

PROJECT = "/api/2.0/postgres/projects/{project}"
BRANCH = PROJECT + "/branches/{branch}"

_ROUTES: tuple[tuple[str, str, Callable[[Call], Any]], ...] = (
    ("GET", "/oidc/.well-known/oauth-authorization-server", oidc.discovery),
    ("GET", "/.well-known/databricks-config", oidc.databricks_config),
    ("POST", "/oidc/v1/token", oidc.token),
    ("GET", "/aad/auth", oidc.entra_login),
    ("POST", "/api/2.0/postgres/credentials", credentials.for_endpoint),
    ("POST", "/api/2.0/database/credentials", credentials.for_instances),
    ("GET", "/api/2.0/database/instances:findByUid", database.find_by_uid),
    ("GET", "/api/2.0/database/instances", database.listing),
    ("GET", "/api/2.0/database/instances/{name}", database.get),
    ("GET", "/api/2.0/postgres/projects", postgres.list_projects),
    ("GET", PROJECT, postgres.get_project),
    ("GET", PROJECT + "/branches", postgres.list_branches),
    ("GET", BRANCH, postgres.get_branch),
    ("GET", BRANCH + "/endpoints", postgres.list_endpoints),
    ("GET", BRANCH + "/endpoints/{endpoint}", postgres.get_endpoint),
    ("GET", BRANCH + "/databases", postgres.list_databases),
    ("GET", BRANCH + "/roles", postgres.list_roles),
    ("GET", "/api/2.0/preview/scim/v2/Me", scim.me),
    ("GET", "/api/2.0/secrets/get", secret_scopes.get),
    ("GET", "/github/idtoken", github.id_token),
    ("POST", "/devops/{organization}/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken",
     azure_devops.oidc_token),
    ("POST", "/google/token", google.token),
    ("POST", "/token", google.refresh),
    ("POST", "/v1/token", google.exchange),
    ("POST", "/v1/projects/-/serviceAccounts/{account}:generateIdToken", google.generate_id_token),
    ("POST", "/v1/projects/-/serviceAccounts/{account}:generateAccessToken", google.generate_access_token),
    # On the listener without TLS.
    ("GET", "/metadata-service/{session}", metadata_service.token),
    ("GET", "/computeMetadata/v1/instance/service-accounts/default/token", google.machine_token),
)
UNKNOWN_ROUTE = "unknown"


@dataclass(frozen=True)
class Route:
    method: str
    pattern: "re.Pattern[str]"
    label: str
    handler: Callable[[Call], Any]


ROUTES = tuple(Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), f"{method} {path}", handler)
               for method, path, handler in _ROUTES)
LOCAL_LABELS = frozenset({"GET /metadata-service/{session}",
                          "GET /computeMetadata/v1/instance/service-accounts/default/token"})
LABELS = tuple(route.label for route in ROUTES)


class WorkspaceApi:
    """HTTPS for one workspace, on a port of its own."""

    def __init__(self, world: World, workspace: Workspace, contexts: dict[str, ssl.SSLContext], catalog: Connection) -> None:
        self._world = world
        self._workspace = workspace
        self._catalog = catalog
        self.listener = ApiListener(world, workspace, contexts, partial(httpd.serve, self._handle, world.now))
        # Metadata servers speak plain HTTP, to the machine itself.
        self._local: Optional[asyncio.Server] = None
        self.local_port = 0

    async def open_local(self) -> None:
        handle = partial(httpd.serve, self._handle_local, self._world.now)
        self._local = await asyncio.start_server(handle, "127.0.0.1", 0, limit=httpd.MAX_HEAD)
        self.local_port = self._local.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._local is not None:
            self._local.close()

    async def _handle_local(self, request: Request) -> Response:
        route, _ = self._find(request)
        if route is None or route.label not in LOCAL_LABELS:
            return Response(426, b"This needs TLS.", {"Content-Type": "text/plain"})
        return await self._handle(request)

    async def _handle(self, request: Request) -> Response:
        route, parameters = self._find(request)
        label = route.label if route is not None else UNKNOWN_ROUTE
        self._world.records.called(self._workspace.name, label)
        if self._world.settings.api_latency_ms:
            await asyncio.sleep(self._world.settings.api_latency_ms / 1000)
        call = Call(self._world, self._workspace, request, self._catalog, parameters)
        response = await self._answer(route, call, label)
        self._world.records.answered(self._workspace.name, label, response.status)
        return response

    async def _answer(self, route: Optional[Route], call: Call, label: str) -> Response:
        faults = self._world.faults.striking(API, label, self._workspace.name)
        for fault in faults:
            response = await misbehaviour.instead(fault, call)
            if response is not None:
                return response
        response = await self._run(route, call)
        for fault in faults:
            misbehaviour.spoil(fault, response)
        return response

    async def _run(self, route: Optional[Route], call: Call) -> Response:
        if route is None:
            return ApiError(404, "ENDPOINT_NOT_FOUND",
                            f"No API found for '{call.request.method} {call.request.path}'").response
        try:
            result = route.handler(call)
            if inspect.isawaitable(result):
                result = await result
        except (ApiError, oidc.OAuthError) as error:
            return error.response
        return result if isinstance(result, Response) else Response.json(result)

    @staticmethod
    def _find(request: Request) -> tuple[Optional[Route], dict[str, str]]:
        for route in ROUTES:
            match = route.pattern.fullmatch(request.path)
            if match is not None and route.method == request.method:
                return route, match.groupdict()
        return None, {}
