"""The workspace API's faults: what they do instead of an answer, and to one."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from typing import Any, Optional

from .. import httpd
from ..faults import Fault
from ..httpd import Response
from .call import Call

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form id='login'></form></body></html>"


async def instead(fault: Fault, call: Call) -> Optional[Response]:
    """A response that takes the place of the route's. Also prepares the call for faults in what it makes."""
    options = fault.options
    if fault.kind == "delay":
        await asyncio.sleep(options.get("seconds", 1))
    elif fault.kind == "expired_token":
        call.lifetime = -options.get("age", 60)
    elif fault.kind == "other_identity":
        call.identity = options["identity"]
    elif fault.kind == "rate_limit":
        return _rate_limit(fault)
    elif fault.kind == "status":
        return _status(options)
    elif fault.kind == "redirect":
        return Response(options.get("status", 302), b"", {"Location": options["location"]})
    elif fault.kind == "html":
        return Response(options.get("status", 200), LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"})
    elif fault.kind == "garbage":
        return Response(200, b"\x00\xff{\"token\": not json\x80", {"Content-Type": "application/json"})
    elif fault.kind == "empty":
        return Response(200, b"", {"Content-Type": "application/json"})
    elif fault.kind == "huge":
        return _huge(options)
    elif fault.kind == "gzip":
        return Response(200, gzip.compress(bytes(options.get("bytes", 64 << 20))),
                        {"Content-Type": "application/json", "Content-Encoding": "gzip"})
    elif fault.kind == "hang":
        return Response(delivery=httpd.HANG)
    elif fault.kind == "reset":
        return Response(delivery=httpd.RESET)
    return None


def spoil(fault: Fault, response: Response) -> None:
    """Changes the route's own answer."""
    options = fault.options
    if fault.kind == "reset_after_headers":
        response.delivery = httpd.RESET_AFTER_HEADERS
    elif fault.kind == "hang_midway":
        response.delivery = httpd.HANG_MIDWAY
    elif fault.kind == "truncate":
        response.delivery = httpd.TRUNCATED
    elif fault.kind == "date_skew":
        response.date_skew = options.get("seconds", 3600)
    elif fault.kind == "null":
        response.body = b"null"
    elif fault.kind in ("missing_field", "null_field", "set_field", "wrong_types"):
        answer = json.loads(response.body)
        _spoil_fields(fault.kind, options, answer)
        response.body = json.dumps(answer).encode()


def _spoil_fields(kind: str, options: dict[str, Any], answer: dict[str, Any]) -> None:
    if kind == "missing_field":
        answer.pop(options["field"], None)
    elif kind == "null_field":
        answer[options["field"]] = None
    elif kind == "set_field":
        answer[options["field"]] = options["value"]
    else:
        for name, value in answer.items():
            answer[name] = [value] if isinstance(value, str) else {"value": value}


def _status(options: dict[str, Any]) -> Response:
    status = options.get("status", 500)
    body = options.get("body")
    if body is None:
        body = {"error_code": _CODES.get(status, "INTERNAL_ERROR"), "message": f"Local fault: {status}", "details": []}
    headers = dict(options.get("headers", {}))
    if "retry_after" in options:
        headers["Retry-After"] = retry_after(options["retry_after"])
    if isinstance(body, str):
        return Response(status, body.encode(), {"Content-Type": "text/plain", **headers})
    return Response.json(body, status, headers)


def retry_after(value: int | float | str) -> str:
    """Seconds; "date:5" is an HTTP date in five seconds; other texts go as they are."""
    if isinstance(value, str) and value.startswith("date:"):
        return httpd.http_date(float(value[5:]))
    return str(value)


def _rate_limit(fault: Fault) -> Optional[Response]:
    now = time.monotonic()
    fault.recent = [moment for moment in fault.recent if now - moment < 1]
    if len(fault.recent) < fault.options.get("per_second", 10):
        fault.recent.append(now)
        return None
    return _status({"status": 429, "retry_after": fault.options.get("retry_after", 1)})


def _huge(options: dict[str, Any]) -> Response:
    size = options.get("bytes", 0)
    if not size:
        return Response(delivery=httpd.ENDLESS, headers={"Content-Type": "application/json"})
    return Response(200, b'{"token": "' + b"x" * size + b'"}', {"Content-Type": "application/json"})


_CODES = {400: "INVALID_PARAMETER_VALUE", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
          429: "RESOURCE_EXHAUSTED", 500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}
