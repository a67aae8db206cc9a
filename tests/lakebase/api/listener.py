"""A workspace API's port: what can go wrong with a connection before there is a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

from .. import httpd
from ..faults import CONNECTION
from ..gateway.link import reset_on_close
from ..world import Workspace, World

BACKLOG = 4096
HANDSHAKE_TIMEOUT = 60

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ApiListener:
    """Accepts, and after TLS hands over to `serve`. The certificate can be changed while it runs."""

    def __init__(self, world: World, workspace: Workspace, contexts: dict[str, ssl.SSLContext], serve: Serve) -> None:
        self.certificate = "good"
        self._world = world
        self._workspace = workspace
        self._contexts = contexts
        self._serve = serve
        self._socket: socket.socket | None = None
        self._acceptor: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.Transport] = set()

    def use_certificate(self, kind: str) -> None:
        if kind not in self._contexts:
            raise ValueError(f"no certificate {kind!r}; there are {sorted(self._contexts)}")
        self.certificate = kind

    async def open(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", self._workspace.port), backlog=BACKLOG)
        self._socket.setblocking(False)
        self._workspace.port = self._socket.getsockname()[1]
        self._acceptor = asyncio.create_task(self._accept(self._socket))

    async def shut(self) -> None:
        """Nobody listens on the port until it is opened again."""
        assert self._acceptor is not None and self._socket is not None
        self._acceptor.cancel()
        # The event loop must have let go of the socket before it is closed.
        await asyncio.wait([self._acceptor])
        self._socket.close()

    def hang_up(self) -> None:
        """Ends the connections that are open, as a server does with those that have long been idle."""
        for transport in list(self._transports):
            transport.abort()

    def close(self) -> None:
        if self._acceptor is not None:
            self._acceptor.cancel()
        for task in self._tasks:
            task.cancel()
        if self._socket is not None:
            self._socket.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listener)
            except OSError:
                # Out of descriptors: wait until some are free again.
                await asyncio.sleep(0.05)
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._world.records.connections[f"api {self._workspace.name}"] += 1
            self._keep(asyncio.create_task(self._connected(sock)))

    async def _connected(self, sock: socket.socket) -> None:
        for fault in self._world.faults.striking(CONNECTION, "api", self._workspace.name):
            await self._misbehave(fault.kind, sock)
            return
        reader = asyncio.StreamReader(limit=httpd.MAX_HEAD)
        protocol = asyncio.StreamReaderProtocol(reader)
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, sock, ssl=self._contexts[self.certificate], ssl_handshake_timeout=HANDSHAKE_TIMEOUT)
        except (OSError, ssl.SSLError):
            # The client has gone, or does not like the certificate.
            return
        self._world.records.handshakes[f"api {self._workspace.name}"] += 1
        self._transports.add(transport)
        try:
            await self._serve(reader, asyncio.StreamWriter(transport, protocol, reader, loop))
        finally:
            self._transports.discard(transport)

    async def _misbehave(self, kind: str, sock: socket.socket) -> None:
        if kind == "stall":
            # Until the client gives up, or for an hour.
            await asyncio.wait([asyncio.create_task(self._drain(sock))], timeout=3600)
        elif kind == "reset":
            reset_on_close(sock)
        sock.close()

    @staticmethod
    async def _drain(sock: socket.socket) -> None:
        try:
            while await asyncio.get_running_loop().sock_recv(sock, 4096):
                pass
        except OSError:
            return

    def _keep(self, task: "asyncio.Task[None]") -> None:
        # asyncio itself keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
