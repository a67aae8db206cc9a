"""The gateway's ports, and what their logins share."""

from __future__ import annotations

import asyncio
import socket
import ssl
import weakref
from collections import Counter

from .. import inventory
from ..inventory import AUTOSCALING, Host
from ..pgclient import Connection
from ..world import World
from . import refusals
from .link import Link
from .login import Login

BACKLOG = 4096


class Listener:
    """A port with a certificate that can be changed. `default_host` serves clients that give no server name."""

    def __init__(self, name: str, contexts: dict[str, ssl.SSLContext], default_host: str = "") -> None:
        self.name = name
        self.default_host = default_host
        self.port = 0
        self.certificate = "good"
        self._contexts = contexts
        self.socket: socket.socket | None = None

    @property
    def context(self) -> ssl.SSLContext:
        return self._contexts[self.certificate]

    def use_certificate(self, kind: str) -> None:
        if kind not in self._contexts:
            raise ValueError(f"no certificate {kind!r}; there are {sorted(self._contexts)}")
        self.certificate = kind

    def server_name(self, tls: ssl.SSLObject) -> str:
        return SERVER_NAMES.get(tls, "")

    def open(self) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
        self.port = sock.getsockname()[1]
        self.socket = sock

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


# The ssl module tells the server name to a callback only; the connection's own object is its one link to the login.
SERVER_NAMES: "weakref.WeakKeyDictionary[ssl.SSLObject, str]" = weakref.WeakKeyDictionary()


def note_server_name(tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
    SERVER_NAMES[tls] = name or ""


class Gateway:
    def __init__(self, world: World, contexts: dict[str, ssl.SSLContext], backend: str, catalog: Connection) -> None:
        for context in contexts.values():
            context.sni_callback = note_server_name  # type: ignore[assignment]
        self.world = world
        self.catalog = catalog
        self.listeners = {
            "gateway": Listener("gateway", contexts),
            "odd": Listener("odd", contexts),
            "provisioned": Listener("provisioned", contexts, default_host=inventory.HOSTS["provisioned"]),
        }
        self._backend = backend
        self._tasks: set[asyncio.Task[None]] = set()
        self._acceptors: dict[str, asyncio.Task[None]] = {}
        self._pooler_failures: Counter[str] = Counter()

    def open(self) -> None:
        for listener in self.listeners.values():
            self._listen(listener)

    def close(self) -> None:
        for task in [*self._acceptors.values(), *self._tasks]:
            task.cancel()
        for listener in self.listeners.values():
            listener.close()

    async def refuse(self, name: str, seconds: float) -> None:
        """Nobody listens on the port for a while: connection refused."""
        await self.shut(name)
        self._keep(asyncio.create_task(self._reopen(self.listeners[name], seconds)))

    async def shut(self, name: str) -> None:
        """Nobody listens on the port until `listen`."""
        acceptor = self._acceptors.pop(name)
        acceptor.cancel()
        # The event loop must have let go of the socket before it is closed.
        await asyncio.wait([acceptor])
        self.listeners[name].close()

    async def listen(self, name: str) -> None:
        await self._reopen(self.listeners[name], 0)

    async def connect(self) -> Link:
        _, link = await asyncio.get_running_loop().create_unix_connection(Link, self._backend)
        return link

    async def cancel(self, packet: bytes) -> None:
        """Hands a cancel request on; PostgreSQL answers by closing."""
        link = await self.connect()
        link.write(packet)
        await link.closed

    def check_awake(self, host: Host) -> None:
        estate = self.world.workspaces[host.workspace].estate
        if host.product == AUTOSCALING:
            if any(e.disabled for e in estate.endpoints if host.name in (e.host, e.pooled_host)):
                raise refusals.disabled_endpoint()
        elif any(i.state == "STOPPED" for i in estate.instances if host.name in (i.host, i.read_only_host)):
            raise refusals.stopped_instance()

    def pooler_failed(self, user: str) -> int:
        self._pooler_failures[user] += 1
        return self._pooler_failures[user]

    def reset(self) -> None:
        self._pooler_failures.clear()

    def _listen(self, listener: Listener) -> None:
        listener.open()
        self._acceptors[listener.name] = asyncio.create_task(self._accept(listener))

    async def _reopen(self, listener: Listener, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while True:
            try:
                self._listen(listener)
                return
            except OSError:
                # Somebody's outgoing connection has the port for the moment.
                await asyncio.sleep(0.05)

    async def _accept(self, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        assert listener.socket is not None
        while True:
            try:
                sock, _ = await loop.sock_accept(listener.socket)
            except OSError:
                # Out of descriptors: wait until some are free again.
                await asyncio.sleep(0.05)
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            login = Login(self, listener, sock, self.world.records.connected(listener.name))
            self._keep(asyncio.create_task(login.run()))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        # asyncio itself keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
