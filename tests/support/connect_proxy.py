"""A web proxy for CONNECT that counts, refuses, wants a password, or leads a name to another place."""

from __future__ import annotations

import base64
import socket
import threading
from types import TracebackType


class ConnectProxy:
    def __init__(self, refuse: int | None = None, leads_to: dict[str, tuple[str, int]] | None = None,
                 password: str = "") -> None:
        self.refuse = refuse
        self._leads_to = leads_to or {}
        self._authorization = base64.b64encode(password.encode()).decode() if password else ""
        self.asked: list[str] = []
        self.authorizations: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> ConnectProxy:
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
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        lines = head.decode("latin-1").split("\r\n")
        target = lines[0].split(" ")[1]
        self.asked.append(target)
        self.authorizations += [line for line in lines if line.lower().startswith("proxy-authorization:")]
        told = self.authorizations[-1].rpartition(" ")[2] if self.authorizations else ""
        refuse = 407 if self._authorization and told != self._authorization else self.refuse
        if refuse is not None:
            client.sendall(f"HTTP/1.1 {refuse} No\r\nContent-Length: 0\r\n\r\n".encode())
            client.close()
            return
        host, _, port = target.rpartition(":")
        server = socket.create_connection(self._leads_to.get(target, (host, int(port))))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        pump(server, client)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
