"""Troubles that can be switched on while the server runs, and which of them strike a given request."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, dataclass, field
from typing import Any

API = "api"
GATEWAY = "gateway"
CONNECTION = "connection"

# kind -> the options it takes; README.md says what each does.
KINDS: dict[str, dict[str, frozenset[str]]] = {
    API: {
        "status": frozenset({"status", "body", "headers", "retry_after"}),
        "rate_limit": frozenset({"per_second", "retry_after"}),
        "redirect": frozenset({"location", "status"}),
        "html": frozenset({"status"}),
        "garbage": frozenset(),
        "empty": frozenset(),
        "huge": frozenset({"bytes"}),
        "gzip": frozenset({"bytes"}),
        "delay": frozenset({"seconds"}),
        "hang": frozenset(),
        "hang_midway": frozenset(),
        "reset": frozenset(),
        "reset_after_headers": frozenset(),
        "truncate": frozenset(),
        "date_skew": frozenset({"seconds"}),
        "missing_field": frozenset({"field"}),
        "null_field": frozenset({"field"}),
        "set_field": frozenset({"field", "value"}),
        "wrong_types": frozenset(),
        "null": frozenset(),
        "expired_token": frozenset({"age"}),
        "other_identity": frozenset({"identity"}),
    },
    GATEWAY: {
        "asleep": frozenset({"seconds", "attempts", "starting_seconds", "how"}),
        "drop": frozenset({"stage", "how"}),
        "slow": frozenset({"stage", "seconds"}),
        "reject": frozenset({"message", "sqlstate", "severity", "detail"}),
    },
    CONNECTION: {"close": frozenset(), "reset": frozenset(), "stall": frozenset()},
}
REQUIRED = {"redirect": {"location"}, "missing_field": {"field"}, "null_field": {"field"},
            "set_field": {"field", "value"}, "other_identity": {"identity"}, "drop": {"stage"}, "slow": {"stage"}}
STAGES = ("accept", "tls", "startup", "password", "authenticated")
HOWS = ("close", "reset")


class BadFault(ValueError):
    """The fault as described cannot be."""


@dataclass
class Fault:
    number: int
    area: str
    kind: str
    target: str  # a route label or a host name; * is all
    workspace: str  # * is both
    times: int | None
    after: int
    options: dict[str, Any]
    seen: int = 0
    fired: int = 0
    since: float = 0.0  # first strike, for faults that last
    awake_since: float = 0.0  # when an endpoint that was asleep stopped dropping connections
    recent: list[float] = field(default_factory=list)  # strikes of a rate limit's last second

    def strikes(self, target: str, workspace: str, everywhere: bool) -> bool:
        targets = ("*", target) if everywhere else (target,)
        if self.target not in targets or self.workspace not in ("*", workspace):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        if not self.since:
            self.since = time.monotonic()
        return True


class FaultBook:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, area: str, kind: str, target: str = "*", workspace: str = "*", times: int | None = None,
            after: int = 0, options: dict[str, Any] | None = None) -> int:
        options = options or {}
        known = KINDS.get(area, {}).get(kind)
        if known is None:
            raise BadFault(f"no fault {kind!r} for {area!r}")
        unknown = sorted(set(options) - known)
        if unknown:
            raise BadFault(f"{kind} takes {sorted(known)}, not {unknown}")
        missing = sorted(REQUIRED.get(kind, set()) - set(options))
        if missing:
            raise BadFault(f"{kind} needs {missing}")
        if options.get("stage", STAGES[0]) not in STAGES or options.get("how", HOWS[0]) not in HOWS:
            raise BadFault(f"stage is one of {STAGES}, how one of {HOWS}")
        fault = Fault(next(self._numbers), area, kind, target, workspace, times, after, options)
        self._faults.append(fault)
        return fault.number

    def clear(self, number: int | None = None) -> None:
        self._faults = [] if number is None else [f for f in self._faults if f.number != number]

    def striking(self, area: str, target: str, workspace: str, kinds: tuple[str, ...] = (),
                 stage: str | None = None, everywhere: bool = True) -> list[Fault]:
        """The faults that strike now; each counts this as a strike. `everywhere`: those for all targets too."""
        return [f for f in self._faults if f.area == area and (not kinds or f.kind in kinds)
                and (stage is None or f.options.get("stage") == stage)
                and f.strikes(target, workspace, everywhere)]

    def listing(self) -> list[dict[str, Any]]:
        hidden = ("awake_since", "recent", "since")
        return [{k: v for k, v in asdict(f).items() if k not in hidden} for f in self._faults]
