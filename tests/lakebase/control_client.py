"""Calls to the control socket of a running server."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any


class ControlError(Exception):
    """There is no server, or it says no."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(directory: Path, verb: str, **arguments: Any) -> Any:
    connection = _UnixConnection(directory / "control")
    try:
        connection.request("POST", f"/{verb}", json.dumps(arguments), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ControlError(f"no local Lakebase answers in {directory}: {error}") from error
    finally:
        connection.close()
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer["result"]
