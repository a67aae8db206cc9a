"""A small HTTP/1.1 server on asyncio, able to misbehave on purpose."""

from __future__ import annotations

import asyncio
import email.utils
import http
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .gateway.link import reset_on_close

MAX_HEAD = 64 * 1024
MAX_BODY = 1 << 20

# How a response is put on the wire.
NORMAL, RESET, RESET_AFTER_HEADERS, TRUNCATED, HANG, HANG_MIDWAY, ENDLESS = (
    "normal", "reset", "reset_after_headers", "truncated", "hang", "hang_midway", "endless")


@dataclass
class Request:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]  # lower-case names
    body: bytes


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delivery: str = NORMAL
    date_skew: float = 0.0

    @staticmethod
    def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> "Response":
        return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


Handler = Callable[[Request], Awaitable[Response]]


class BadRequest(Exception):
    """Not HTTP as this server understands it."""


async def serve(handler: Handler, clock: Callable[[], float], reader: asyncio.StreamReader,
                writer: asyncio.StreamWriter) -> None:
    """One connection, until either side is done with it."""
    try:
        while True:
            request = await _read_request(reader)
            if request is None:
                break
            response = await handler(request)
            if not await _deliver(writer, request, response, clock):
                break
            if request.headers.get("connection", "").lower() == "close":
                break
    except BadRequest as error:
        await _deliver(writer, None, Response(400, str(error).encode(), {"Content-Type": "text/plain"}), clock)
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        pass
    finally:
        writer.close()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("request line")
    headers = {}
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("header line")
        headers[name.strip().lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise BadRequest("a body needs a Content-Length here")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY:
        raise BadRequest("Content-Length")
    body = await reader.readexactly(int(length))
    target = urlsplit(words[1])
    return Request(words[0], unquote(target.path), parse_qsl(target.query, keep_blank_values=True), headers, body)


async def _deliver(writer: asyncio.StreamWriter, request: Request | None, response: Response,
                   clock: Callable[[], float]) -> bool:
    """True when the connection can be used again."""
    if response.delivery == HANG:
        # Until the client gives up or the server is stopped.
        await asyncio.sleep(3600)
        return False
    if response.delivery == RESET:
        _reset(writer)
        return False
    head = _head(response, clock() + response.date_skew)
    if response.delivery == ENDLESS:
        writer.write(head)
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()
            # drain() alone does not always let the loop notice that the client has gone.
            await asyncio.sleep(0)
        return False
    if response.delivery == RESET_AFTER_HEADERS:
        writer.write(head)
        await writer.drain()
        # The headers must have left before the reset discards what is still queued.
        await asyncio.sleep(0.05)
        _reset(writer)
        return False
    if response.delivery in (TRUNCATED, HANG_MIDWAY):
        writer.write(head + response.body[:len(response.body) // 2])
        await writer.drain()
        if response.delivery == HANG_MIDWAY:
            await asyncio.sleep(3600)
        return False
    writer.write(head if request is not None and request.method == "HEAD" else head + response.body)
    await writer.drain()
    return True


def _head(response: Response, now: float) -> bytes:
    reason = http.HTTPStatus(response.status).phrase if response.status in _STATUSES else ""
    headers = {"Date": email.utils.formatdate(now, usegmt=True), "Server": "local-lakebase", **response.headers}
    if response.delivery != ENDLESS:
        headers["Content-Length"] = str(len(response.body))
    lines = [f"HTTP/1.1 {response.status} {reason}"] + [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reset(writer: asyncio.StreamWriter) -> None:
    reset_on_close(writer.get_extra_info("socket"))
    writer.transport.abort()


def http_date(seconds_from_now: float) -> str:
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)


_STATUSES = {status.value for status in http.HTTPStatus}
