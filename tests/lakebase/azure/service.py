"""How one request to an identity server goes through faults, counters and its route."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Optional
from urllib.parse import parse_qsl

import asyncio

from .. import httpd
from ..api import misbehaviour
from ..faults import API
from ..httpd import Request, Response
from ..world import World
from .directory import Directory


class Refused(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(str(response.status))
        self.response = response


@dataclass
class ServiceCall:
    world: World
    request: Request
    parameters: dict[str, str]
    lifetime: Optional[int] = None  # of a fault, as in api.call.Call
    identity: str = ""
    query: dict[str, str] = field(default_factory=dict)

    @property
    def directory(self) -> Directory:
        return self.world.directory

    def take_query(self, *known: str) -> None:
        pairs = self.request.query
        self.query = dict(pairs)
        unknown = sorted(set(self.query) - set(known))
        if unknown or len(self.query) != len(pairs):
            raise ValueError(f"unexpected query parameter {unknown or 'given twice'}")

    def form(self) -> dict[str, str]:
        kind = self.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise ValueError(f"unexpected content type {kind or 'none'}")
        pairs = parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True)
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a parameter is given twice")
        return dict(pairs)

    def mint(self, identity: str, resource: str, tenant: str) -> tuple[str, int, int]:
        """Token, end and seconds until then, as a fault may have changed them."""
        lifetime = 3599 if self.lifetime is None else self.lifetime
        token, end = self.directory.mint(self.identity or identity, resource, self.world.now(), lifetime, tenant)
        return token, end, lifetime


Route = tuple[str, str, Callable[[ServiceCall], Any]]


class Service:
    """One identity server. `hosts` matches the names that it answers to, where it shares a port."""

    def __init__(self, name: str, routes: Sequence[Route], hosts: str = ".*") -> None:
        self.name = name
        self._hosts = re.compile(hosts)
        self._routes = [(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), f"{method} {path}", handler)
                        for method, path, handler in routes]
        self.labels = tuple(label for _, _, label, _ in self._routes)

    def serves(self, host: str) -> bool:
        return self._hosts.fullmatch(host) is not None

    async def handle(self, world: World, request: Request) -> Response:
        call, label, handler = ServiceCall(world, request, {}), "unknown", None
        for method, pattern, known, function in self._routes:
            match = pattern.fullmatch(request.path)
            if match is not None and method == request.method:
                call.parameters, label, handler = match.groupdict(), known, function
                break
        world.records.called(self.name, label)
        response = await self._answer(call, label, handler)
        world.records.answered(self.name, label, response.status)
        return response

    async def _answer(self, call: ServiceCall, label: str, handler: Optional[Callable[[ServiceCall], Any]]) -> Response:
        faults = call.world.faults.striking(API, label, self.name)
        for fault in faults:
            response = await misbehaviour.instead(fault, call)  # type: ignore[arg-type]
            if response is not None:
                return response
        if handler is None:
            return Response.json({"error": "not_found"}, 404)
        try:
            result = handler(call)
        except Refused as refused:
            return refused.response
        except ValueError as error:
            return Response.json({"error": "invalid_request", "error_description": str(error)}, 400)
        response = result if isinstance(result, Response) else Response.json(result)
        for fault in faults:
            misbehaviour.spoil(fault, response)
        return response


class Port:
    """Several services behind one port, told apart by the Host header."""

    def __init__(self, world: World, services: Sequence[Service], context: Optional[ssl.SSLContext]) -> None:
        self._world = world
        self._services = services
        self._context = context
        self._servers: list[asyncio.Server] = []
        self.number = 0

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        callback = partial(httpd.serve, self._handle, self._world.now)
        server = await asyncio.start_server(callback, host, port, ssl=self._context, limit=httpd.MAX_HEAD)
        self._servers.append(server)
        self.number = self.number or server.sockets[0].getsockname()[1]

    def close(self) -> None:
        for server in self._servers:
            server.close()

    async def _handle(self, request: Request) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        for service in self._services:
            if service.serves(host):
                return await service.handle(self._world, request)
        return Response.json({"error": f"nobody here is {host}"}, 421)
