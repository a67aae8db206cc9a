"""One side of a connection: read by the login step by step, then joined to the other side as a pipe."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Optional

HIGH_WATER = 256 * 1024


class Link(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: Optional[asyncio.Transport] = None
        self._peer: Optional[Link] = None
        self._buffer = bytearray()
        self._wake: Optional[asyncio.Future[None]] = None
        self._ended = False
        self.closed = asyncio.get_running_loop().create_future()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        if self._peer is not None:
            self._peer.write(data)
            return
        self._buffer += data
        self._notify()

    def eof_received(self) -> bool:
        self._ended = True
        self._notify()
        return False

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._ended = True
        self._notify()
        if not self.closed.done():
            self.closed.set_result(None)
        if self._peer is not None:
            self._peer.close()

    def pause_writing(self) -> None:
        if self._peer is not None and self._peer.transport is not None:
            self._peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._peer is not None and self._peer.transport is not None:
            self._peer.transport.resume_reading()

    # What the login calls.

    async def read_exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if self._ended:
                raise ConnectionResetError("the peer has gone")
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def read_message(self, limit: int) -> tuple[bytes, bytes]:
        """A typed message: its type and its body."""
        head = await self.read_exactly(5)
        (length,) = struct.unpack("!I", head[1:])
        if not 4 <= length <= limit:
            raise ConnectionResetError(f"message of {length} bytes")
        return head[:1], await self.read_exactly(length - 4)

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        if self.transport is not None:
            reset_on_close(self.transport.get_extra_info("socket"))
            self.transport.abort()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    @staticmethod
    def join(one: "Link", other: "Link") -> None:
        for link, peer in ((one, other), (other, one)):
            link._peer = peer
        for link, peer in ((one, other), (other, one)):
            if link._buffer:
                peer.write(bytes(link._buffer))
                link._buffer.clear()
            if link._ended:
                peer.close()


def reset_on_close(sock: socket.socket) -> None:
    """Makes the kernel send RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
