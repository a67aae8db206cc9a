"""In front of a local server: another address, another certificate, or one that asks for the client's."""

from __future__ import annotations

import socket
import ssl
import threading
from types import TracebackType

from .connect_proxy import pump


class Front:
    """Takes connections at `address` and leads them to a port of 127.0.0.1; speaks TLS itself where it is given contexts."""

    def __init__(self, port: int, address: str = "127.0.0.1", outer: ssl.SSLContext | None = None,
                 inner: ssl.SSLContext | None = None) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family)
        self.port = self._listener.getsockname()[1]
        self.taken = 0
        self._to = port
        self._outer = outer
        self._inner = inner

    def __enter__(self) -> Front:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._outer is not None:
                client = self._outer.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self._to))
            if self._inner is not None:
                server = self._inner.wrap_socket(server, server_hostname="localhost")
        except OSError:
            client.close()
            return
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        pump(server, client)
