"""What happened: calls per route, connections, and one record for each login attempt."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT_ATTEMPTS = 20_000


@dataclass
class Attempt:
    """One connection to a gateway listener. No secret is kept: of a password its SHA-256 only."""

    number: int
    listener: str
    time: float
    sni: str = ""
    tls: str = ""  # protocol version, empty in plain text
    alpn: str = ""
    user: str = ""
    database: str = ""
    application_name: str = ""
    options: str = ""
    replication: str = ""
    password_received: bool = False
    password_over_tls: bool = False
    password_sha256: str = ""
    password_kind: str = ""  # jwt, pat, other or scram
    result: str = "open"
    sqlstate: str = ""
    message: str = ""

    def saw_password(self, password: str, over_tls: bool) -> None:
        self.password_received = True
        self.password_over_tls = over_tls
        self.password_sha256 = hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()
        self.password_kind = ("jwt" if password.startswith("eyJ") and password.count(".") == 2
                              else "pat" if password.startswith("dapi") else "other")


class Records:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.clear()

    def clear(self) -> None:
        self.calls: Counter[str] = Counter()
        self.call_statuses: Counter[str] = Counter()
        self.connections: Counter[str] = Counter()
        self.handshakes: Counter[str] = Counter()
        self.results: Counter[str] = Counter()
        self.attempts: deque[Attempt] = deque(maxlen=KEPT_ATTEMPTS)

    def called(self, workspace: str, route: str) -> None:
        self.calls[f"{workspace} {route}"] += 1

    def answered(self, workspace: str, route: str, status: int) -> None:
        self.call_statuses[f"{workspace} {route} {status}"] += 1

    def connected(self, listener: str) -> Attempt:
        self.connections[listener] += 1
        attempt = Attempt(next(self._numbers), listener, time.time())
        self.attempts.append(attempt)
        return attempt

    def finish(self, attempt: Attempt, result: str, sqlstate: str = "", message: str = "") -> None:
        attempt.result, attempt.sqlstate, attempt.message = result, sqlstate, message
        self.results[result] += 1

    def counters(self) -> dict[str, Any]:
        return {"calls": dict(self.calls), "statuses": dict(self.call_statuses),
                "connections": dict(self.connections), "handshakes": dict(self.handshakes),
                "logins": dict(self.results)}

    def listing(self) -> list[dict[str, Any]]:
        return [asdict(attempt) for attempt in self.attempts]
