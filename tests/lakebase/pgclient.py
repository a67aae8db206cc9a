"""A PostgreSQL client of a few lines: simple queries over the cluster's own unix socket."""

from __future__ import annotations

import asyncio
import struct
from typing import Optional

Row = list[Optional[str]]


class QueryFailed(Exception):
    """PostgreSQL's own words."""


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: str, database: str, user: str = "postgres") -> "Connection":
        reader, writer = await asyncio.open_unix_connection(path)
        connection = cls(reader, writer)
        body = struct.pack("!I", 196608) + f"user\0{user}\0database\0{database}\0\0".encode()
        writer.write(struct.pack("!I", len(body) + 4) + body)
        await connection._finish()
        return connection

    async def query(self, sql: str) -> list[Row]:
        async with self._lock:
            body = sql.encode("utf-8", "surrogateescape") + b"\0"
            self._writer.write(b"Q" + struct.pack("!I", len(body) + 4) + body)
            return await self._finish()

    async def close(self) -> None:
        self._writer.write(b"X\0\0\0\x04")
        self._writer.close()
        await self._writer.wait_closed()

    async def _finish(self) -> list[Row]:
        """Reads to ReadyForQuery; PostgreSQL asks for no password here."""
        rows: list[Row] = []
        failure = ""
        while True:
            head = await self._reader.readexactly(5)
            body = await self._reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"D":
                rows.append(_row(body))
            elif head[:1] == b"E":
                failure = next(word[1:] for word in body.split(b"\0") if word[:1] == b"M").decode()
                if body[:1] == b"S" and body[1:6] == b"FATAL":
                    raise QueryFailed(failure)
            elif head[:1] == b"Z":
                if failure:
                    raise QueryFailed(failure)
                return rows


def literal(value: str) -> str:
    return "'" + value.replace("\0", "").replace("'", "''") + "'"


def identifier(value: str) -> str:
    return '"' + value.replace("\0", "").replace('"', '""') + '"'


def _row(body: bytes) -> Row:
    (count,) = struct.unpack_from("!H", body)
    row: Row = []
    place = 2
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, place)
        place += 4
        row.append(None if size < 0 else body[place:place + size].decode("utf-8", "replace"))
        place += max(size, 0)
    return row
