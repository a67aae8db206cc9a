"""The control socket: what tests and the command line may do to a running server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import inventory, roles_setup, tokens
from .api.listener import ApiListener
from .api.server import WorkspaceApi
from .gateway.listener import Gateway, Listener
from .httpd import Request, Response
from .pgclient import Connection, QueryFailed
from .world import Workspace, World


class Control:
    """Each verb is a method that takes the request's JSON object as keywords."""

    def __init__(self, world: World, gateway: Gateway, apis: list[WorkspaceApi], catalog: Connection, info: dict[str, Any],
                 stop: Callable[[], None]) -> None:
        self._world = world
        self._gateway = gateway
        self._catalog = catalog
        self._listeners: dict[str, Listener | ApiListener] = {
            **gateway.listeners, "api": apis[0].listener, "second-api": apis[1].listener}
        self._info = info
        self._shut: set[str] = set()  # listeners where nobody listens
        self._stop = stop
        self._verbs: dict[str, Callable[..., Any]] = {
            "info": lambda: self._info, "counters": world.records.counters, "connections": world.records.listing,
            "forget": world.records.clear, "faults": world.faults.listing, "settings": lambda: vars(world.settings),
            "set": world.settings.update, "reset": self._reset, "fault": self._fault,
            "clear-faults": world.faults.clear, "revoke": self._revoke, "revoke-all": self._revoke_all,
            "mint": self._mint, "vouch": self._vouch, "add-role": self._add_role, "certificate": self._certificate,
            "mint-entra": self._mint_entra, "federated-token": self._federated_token,
            "vault-readers": self._vault_readers,
            "certificates": lambda: world.directory.write_files(Path(info["dir"])),
            "hang-up": self._hang_up, "refuse": self._gateway.refuse, "listen": self._listen, "alias": self._alias, "stop": stop,
        }

    async def handle(self, request: Request) -> Response:
        verb = self._verbs.get(request.path.lstrip("/"))
        if verb is None:
            return Response.json({"error": f"no verb {request.path}"}, 404)
        try:
            arguments = json.loads(request.body or b"{}")
            result = verb(arguments) if request.path == "/set" else verb(**arguments)
            if asyncio.iscoroutine(result):
                result = await result
        except (ValueError, TypeError, KeyError, QueryFailed) as error:
            return Response.json({"error": f"{type(error).__name__}: {error}"}, 400)
        return Response.json({"result": result})

    async def _reset(self) -> None:
        self._world.reset()
        self._gateway.reset()
        for name in list(self._shut):
            await self._listen(name, True)
        for listener in self._listeners.values():
            listener.use_certificate("good")

    def _fault(self, area: str, kind: str, target: str = "*", workspace: str = "*", times: int | None = None,
               after: int = 0, options: dict[str, Any] | None = None) -> int:
        hosts = inventory.HOSTS
        return self._world.faults.add(area, kind, hosts.get(target, target), workspace, times, after, options)

    def _alias(self, name: str, host: str) -> None:
        self._world.hosts[name] = self._world.hosts[inventory.HOSTS.get(host, host)]

    def _certificate(self, listener: str, kind: str) -> None:
        self._listeners[listener].use_certificate(kind)

    async def _listen(self, listener: str, on: bool) -> None:
        if on == (listener not in self._shut):
            return
        target = self._listeners[listener]
        if isinstance(target, ApiListener):
            await (target.open() if on else target.shut())
        else:
            await (self._gateway.listen(listener) if on else self._gateway.shut(listener))
        self._shut ^= {listener}

    def _hang_up(self) -> None:
        for listener in self._listeners.values():
            if isinstance(listener, ApiListener):
                listener.hang_up()

    def _revoke(self, token: str) -> None:
        self._world.issued.revoked.add(tokens.decode(token).claims["jti"])

    def _revoke_all(self, kind: str = "database") -> None:
        self._world.issued.revoke_all(kind)

    def _mint(self, identity: str, kind: str = "database", lifetime: int = 3600, scope: str = "all-apis",
              bad_signature: bool = False) -> str:
        workspace = self._workspace_of(identity)
        principal = workspace.principal(identity)
        assert principal is not None
        if kind == "workspace":
            token, _ = self._world.mint_workspace_token(workspace, principal, scope, lifetime)
        else:
            token, _ = self._world.mint_database_token(workspace, principal, lifetime)
        return tokens.spoil_signature(token) if bad_signature else token

    def _mint_entra(self, identity: str, resource: str, **more: Any) -> str:
        return self._world.directory.mint(identity, resource, self._world.now(), **more)[0]

    def _federated_token(self, lifetime: int) -> str:
        return self._world.directory.federated_token(self._world.now(), lifetime)

    def _vault_readers(self, names: list[str]) -> None:
        self._world.directory.vault_readers = set(names)

    def _vouch(self, issuer: str, subject: str, audience: str, lifetime: int = 600) -> str:
        return self._world.identities.mint(issuer, subject, audience, lifetime)

    async def _add_role(self, name: str, identity: str = "", password: str = "") -> None:
        label = roles_setup.label_of(identity) if identity else ""
        await roles_setup.add_role(self._catalog, name, label, password)

    def _workspace_of(self, identity: str) -> Workspace:
        for workspace in self._world.workspaces.values():
            if workspace.principal(identity) is not None:
                return workspace
        raise ValueError(f"no identity {identity!r}")
