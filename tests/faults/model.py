"""What a row of the fault table says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .switches import Switch


class State(Enum):
    """Of the cached credential (and workspace token) when the fault comes: seconds since the issue, seconds left."""

    COLD = "cold"
    FRESH = "fresh"
    AGEING = "ageing"
    LAST_MINUTE = "last minute"
    EXPIRED = "expired"

    @property
    def times(self) -> tuple[float, float]:
        return {"fresh": (600, 3000), "ageing": (3000, 600), "last minute": (3555, 45), "expired": (3700, -100)}[self.value]


# Seconds within which what does not wait must be there: far above what a busy machine takes, far below PATIENCE.
AT_ONCE = 8
# connect_timeout where the fault must not make anybody wait.
PATIENCE = 30
# A token and a credential.
SIGN_IN = 2


@dataclass(frozen=True)
class Works:
    calls: int = SIGN_IN  # of the API at most, connections that fail included
    seconds: float = AT_ONCE


@dataclass(frozen=True)
class Fails:
    words: str  # what libpq's message must match
    calls: int = SIGN_IN
    seconds: float = AT_ONCE
    hold: float = 10  # seconds at most for which nobody asks again


Expectation = Works | Fails


@dataclass(frozen=True, eq=False)
class Row:
    """`cold` is what an empty cache must give; an expired one the same unless said otherwise."""

    name: str
    broken: str  # for people
    switches: tuple[Switch, ...]
    cold: Expectation
    expired: Expectation | None = None
    last_minute: Expectation | None = None
    ageing: Expectation | None = None
    fresh: Expectation | None = None
    patience: int = PATIENCE  # connect_timeout
    cause: str = ""  # what the official client's error must match, if it has to fail; empty: the words
    official: bool = True  # whether the fault can happen to the official client
    mended_at_once: bool = False  # recovery needs no time to pass: a setting or a file was wrong
    calls_of_each: bool = False  # without a cache nothing can be shared
    root: bool = False  # needs mounts

    def expected(self, state: State) -> Expectation:
        served = Works(calls=self.cold.calls)
        waited = Works(calls=self.cold.calls, seconds=max(AT_ONCE, 10) + AT_ONCE)
        return {State.COLD: self.cold, State.EXPIRED: self.expired or self.cold, State.FRESH: self.fresh or Works(calls=0),
                State.AGEING: self.ageing or served, State.LAST_MINUTE: self.last_minute or waited}[state]

    @property
    def cause_words(self) -> str:
        return self.cause or (self.cold.words if isinstance(self.cold, Fails) else "")
