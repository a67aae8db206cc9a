"""Looks into the cache all the time: which token was there when, what is held back, and that every record is whole."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.cache_files import fields

from .judge import Story, Token

# How long after an outage the helper that met it may still go on, whatever its record says.
STRAGGLERS_MS = 2000


def now_ms() -> int:
    return int(time.time() * 1000)


def record(file: Path) -> str | None:
    """None if it was replaced or removed meanwhile."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return None


class Watcher(threading.Thread):
    def __init__(self, cache: Path, story: Story) -> None:
        super().__init__(daemon=True)
        self._cache = cache
        self._story = story
        self._lock = threading.RLock()
        self._stop_now = threading.Event()
        self._outage_since: int | None = None
        self._held_until = 0
        self._revoking_since = 0
        self._revoked_until = 0
        self.torn: list[str] = []

    def run(self) -> None:
        while not self._stop_now.wait(0.015):
            self._look()

    def stop(self) -> None:
        self._stop_now.set()
        self.join()
        if self._outage_since is not None:
            self._story.outages.append((self._outage_since, now_ms()))

    @contextmanager
    def outage(self) -> Iterator[None]:
        self._outage_since = start = now_ms()
        try:
            yield
        finally:
            ended = now_ms() + STRAGGLERS_MS
            self._story.outages.append((start, ended))
            self._held_until = max(self._held_until, ended)
            self._outage_since = None

    def quiet(self) -> bool:
        """No outage lasts or is still felt."""
        return self._outage_since is None and now_ms() > self._held_until

    def revoking(self) -> None:
        self._look()
        with self._lock:
            self._revoking_since = now_ms()
            self._revoked_until = self._revoking_since + 60_000

    def revoked(self) -> None:
        with self._lock:
            self._revoked_until = now_ms()
            self._story.revocations.append(self._revoking_since)
            self._story.revoked_by[self._revoking_since] = self._revoked_until
            for token in self._story.tokens.values():
                token.revoked = token.revoked or self._revoking_since

    def forget(self) -> None:
        """As "pglakebase forget" does, but for a note that a fetch is under way, which goes, too."""
        with self._lock:
            self._story.forgets.append(now_ms())
            for token in self._story.tokens.values():
                token.revoked = token.revoked or now_ms()
            for kind in ("credential", "fetching"):
                for file in self._cache.glob(f"{kind}-*"):
                    file.unlink(missing_ok=True)

    def _look(self) -> None:
        for file in self._cache.iterdir():
            kind = file.name.split("-", 1)[0]
            if kind in ("key", "lock", "new", "roots"):
                continue
            # What is read is noted before anybody forgets it: else it would seem to be there after that.
            with self._lock:
                self._look_at(file, kind)

    def _look_at(self, file: Path, kind: str) -> None:
        text = record(file)
        if text is None:
            return
        if not text.startswith("pglakebase=1\n") or not text.endswith("\nend=1\n"):
            self.torn.append(f"{file.name} is no whole record: {len(text)} bytes")
        elif kind == "credential":
            self._note_token(fields(text))
        elif kind == "replacement":
            self._story.replaced[int(fields(text)["at_ms"])] = now_ms()
        elif kind in ("failure", "trouble"):
            self._note_hold(fields(text))

    def _note_token(self, values: dict[str, str]) -> None:
        name = hashlib.sha256(values["token"].encode()).hexdigest()
        with self._lock:
            if name in self._story.tokens:
                return
            token = Token(now_ms(), int(values["expires_ms"]))
            # Made before a revocation, stored after it. (Issues are reckoned in whole seconds.)
            if int(values["issued_ms"]) - 1000 <= self._revoked_until and self._revoking_since:
                token.revoked = self._revoking_since
            self._story.tokens[name] = token

    def _note_hold(self, values: dict[str, str]) -> None:
        """A failure that is remembered is part of the outage that it came from."""
        until = int(values["not_before_ms"]) + STRAGGLERS_MS
        if until > self._held_until and self._story.outages or self._outage_since is not None:
            since = int(values["seen_ms"])
            self._held_until = max(self._held_until, until)
            self._story.outages = [(s, e) for s, e in self._story.outages if (s, e) != (since, until)]
            self._story.outages.append((since, until))
