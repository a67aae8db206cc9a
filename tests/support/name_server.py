"""A DNS server for one name, on a loopback address of its own: good, nxdomain, silent or late."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time

LATE_SECONDS = 2
NO_SUCH_NAME, NO_ERROR = 3, 0
A = 1


class NameServer:
    """Port 53, so it needs root."""

    def __init__(self) -> None:
        self.behaviour = "good"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = self._bind()
        threading.Thread(target=self._serve, daemon=True).start()

    def _bind(self) -> str:
        for _ in range(1000):
            address = f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}"
            with contextlib.suppress(OSError):
                self._socket.bind((address, 53))
                return address
        raise RuntimeError("no loopback address is free")

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if self.behaviour == "silent":
                continue
            pause = LATE_SECONDS if self.behaviour == "late" else 0
            threading.Thread(target=self._answer, args=(question, client, self.behaviour, pause), daemon=True).start()

    def _answer(self, question: bytes, client: tuple[str, int], behaviour: str, pause: float) -> None:
        time.sleep(pause)
        end = question.index(b"\0", 12) + 5
        (kind,) = struct.unpack("!H", question[end - 4:end - 2])
        found = behaviour != "nxdomain" and kind == A
        code = NO_SUCH_NAME if behaviour == "nxdomain" else NO_ERROR
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, int(found), 0, 0)
        answer = b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 0, 4) + bytes((127, 0, 0, 1)) if found else b""
        try:
            self._socket.sendto(head + question[12:end] + answer, client)
        except OSError:
            return
