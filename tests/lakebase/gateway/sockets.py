"""Reading a plain non-blocking socket before asyncio's transports take it over."""

from __future__ import annotations

import asyncio
import socket


async def peek(sock: socket.socket) -> int:
    """The first byte, left where it is: TLS may begin with it."""
    while True:
        try:
            data = sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            await _readable(sock)
            continue
        if not data:
            raise EOFError("closed before the first byte")
        return data[0]


async def receive_exactly(sock: socket.socket, count: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < count:
        more = await loop.sock_recv(sock, count - len(data))
        if not more:
            raise EOFError("closed within a packet")
        data += more
    return data


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(sock, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(sock)
