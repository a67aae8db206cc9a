"""How a fault is switched on, and off again. What each needs of the arena is there; nothing here judges."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arena import Arena


class Switch:
    def prepare(self, arena: "Arena") -> None:
        """Before anything is cached."""

    def on(self, arena: "Arena") -> None:
        raise NotImplementedError

    def off(self, arena: "Arena") -> None:
        """After Arena.restore(), which undoes what the local Lakebase and the settings can undo."""


@dataclass(frozen=True)
class Fault(Switch):
    """One of the local Lakebase's own; `area` is api, gateway or connection."""

    area: str
    kind: str
    target: str = "*"
    options: Mapping[str, Any] = field(default_factory=dict)

    def on(self, arena: "Arena") -> None:
        arena.lakebase.fault(self.area, self.kind, self.target, **self.options)


@dataclass(frozen=True)
class Deaf(Switch):
    """Nobody listens on a port."""

    listener: str

    def on(self, arena: "Arena") -> None:
        arena.lakebase.listen(False, self.listener)


@dataclass(frozen=True)
class Certificate(Switch):
    listener: str
    kind: str

    def on(self, arena: "Arena") -> None:
        arena.lakebase.use_certificate(self.kind, self.listener)


@dataclass(frozen=True)
class ServerClock(Switch):
    """The whole server's clock is ahead by so many seconds."""

    seconds: int

    def on(self, arena: "Arena") -> None:
        arena.lakebase.set(clock_skew=self.seconds)


@dataclass(frozen=True)
class OwnClock(Switch):
    """This machine's clock has been stepped by so many seconds since the cache was written."""

    seconds: float

    def on(self, arena: "Arena") -> None:
        for kind in ("credential", "workspace", "request", "issued"):
            for _ in arena.files.of(kind):
                arena.files.shift(kind, -self.seconds)


@dataclass(frozen=True)
class Revoked(Switch):
    """What was issued before is no longer taken."""

    kind: str

    def on(self, arena: "Arena") -> None:
        arena.lakebase.revoke_all(self.kind)


@dataclass(frozen=True)
class Setting(Switch):
    """host, client_id or client_secret of the profile, or endpoint."""

    name: str
    value: str

    def on(self, arena: "Arena") -> None:
        arena.change(**{self.name: self.value})


@dataclass(frozen=True)
class Variable(Switch):
    name: str
    value: str

    def on(self, arena: "Arena") -> None:
        arena.env[self.name] = self.value

    def off(self, arena: "Arena") -> None:
        arena.env.pop(self.name, None)


@dataclass(frozen=True)
class Helper(Switch):
    """A line of shell that runs in the helper's place or before it."""

    before: str

    def on(self, arena: "Arena") -> None:
        arena.hamper(self.before)

    def off(self, arena: "Arena") -> None:
        arena.hamper("")


class HelperMissing(Switch):
    def on(self, arena: "Arena") -> None:
        arena.helper.unlink()

    def off(self, arena: "Arena") -> None:
        arena.hamper("")


class HelperNotExecutable(Switch):
    def on(self, arena: "Arena") -> None:
        arena.helper.chmod(0o644)

    def off(self, arena: "Arena") -> None:
        arena.hamper("")


@dataclass(frozen=True)
class Records(Switch):
    """All files of these kinds hold this instead."""

    content: bytes
    kinds: tuple[str, ...]

    def on(self, arena: "Arena") -> None:
        for kind in self.kinds:
            for file in arena.cache.glob(f"{kind}*"):
                file.write_bytes(self.content)


@dataclass(frozen=True)
class Mounts(Switch):
    """Shell that runs in a mount namespace of the program's own; "$CACHE" is the cache, "$ASIDE" a place beside it."""

    script: str

    def on(self, arena: "Arena") -> None:
        arena.cache.mkdir(mode=0o700, exist_ok=True)
        arena.aside.mkdir(exist_ok=True)
        arena.mounts.append(self.script)

    def off(self, arena: "Arena") -> None:
        arena.mounts.remove(self.script)


class NoCache(Switch):
    """Its name belongs to a file."""

    def on(self, arena: "Arena") -> None:
        shutil.rmtree(arena.cache, ignore_errors=True)
        arena.cache.write_text("not a directory")

    def off(self, arena: "Arena") -> None:
        arena.cache.unlink()


@dataclass(frozen=True)
class Dns(Switch):
    """The workspace's name is served by a name server of the arena's own: nxdomain, silent or late."""

    behaviour: str

    def prepare(self, arena: "Arena") -> None:
        arena.serve_names()

    def on(self, arena: "Arena") -> None:
        arena.names.behaviour = self.behaviour

    def off(self, arena: "Arena") -> None:
        arena.names.behaviour = "good"
