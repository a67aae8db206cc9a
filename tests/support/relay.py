"""In front of a local server: a slow line, or one that ends connections."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from .tls_front import Front


class Relay(Front):
    """`close_after`: seconds, of the first connection alone. `latency`: seconds for each piece, in each direction."""

    def __init__(self, port: int, *, close_after: float = 0, latency: float = 0) -> None:
        super().__init__(port)
        self._close_after = close_after
        self._latency = latency

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._to))
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._close_after and self.taken == 1:
            threading.Timer(self._close_after, end, (client, server)).start()
        threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
        self._carry(server, client)

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65536):
                time.sleep(self._latency)
                other.sendall(piece)
        end(one, other)


def end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
