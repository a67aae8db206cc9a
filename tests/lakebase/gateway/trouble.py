"""The gateway's faults: what strikes a login at which stage."""

from __future__ import annotations

import asyncio
import time

from ..faults import GATEWAY, Fault, FaultBook
from .refusals import Refusal, starting_up


class Dropped(Exception):
    """A fault says that the connection ends here."""

    def __init__(self, stage: str, how: str) -> None:
        super().__init__(f"dropped at {stage}")
        self.stage = stage
        self.reset = how == "reset"


class Trouble:
    """The faults of one login. Before the server name is known, the target is the listener's name."""

    def __init__(self, book: FaultBook, listener: str) -> None:
        self._book = book
        self._target = listener
        self._workspace = "*"
        self._starting = False

    async def on_accept(self) -> None:
        self._check_asleep(everywhere=True)
        await self.at("accept")

    def on_host(self, host: str, workspace: str) -> None:
        self._target, self._workspace = host, workspace
        self._check_asleep(everywhere=False)

    async def at(self, stage: str) -> None:
        for fault in self._strikes(("slow",), stage):
            await asyncio.sleep(fault.options.get("seconds", 1))
        for fault in self._strikes(("drop",), stage):
            raise Dropped(stage, fault.options.get("how", "close"))

    def before_password(self) -> None:
        if self._starting:
            raise starting_up()

    def after_password(self) -> None:
        for fault in self._strikes(("reject",)):
            options = fault.options
            raise Refusal("rejected", options.get("sqlstate", "28P01"),
                          options.get("message", "External authorization failed"),
                          severity=options.get("severity", "FATAL"), detail=options.get("detail", ""))

    def _strikes(self, kinds: tuple[str, ...], stage: str | None = None) -> list[Fault]:
        return self._book.striking(GATEWAY, self._target, self._workspace, kinds, stage)

    def _check_asleep(self, everywhere: bool) -> None:
        """The first attempt wakes the endpoint; for a while it drops connections, then it is starting up."""
        for fault in self._book.striking(GATEWAY, self._target, self._workspace, ("asleep",), everywhere=everywhere):
            now = time.monotonic()
            options = fault.options
            attempts, seconds = options.get("attempts", 0), options.get("seconds", 0)
            if fault.fired <= attempts or now - fault.since < seconds:
                raise Dropped("asleep", options.get("how", "reset"))
            if not fault.awake_since:
                fault.awake_since = now if attempts else fault.since + seconds
            if now - fault.awake_since < options.get("starting_seconds", 0):
                self._starting = True
