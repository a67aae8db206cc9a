"""Many programs connect for as long as one likes while everything goes wrong around them; judge.py says what may not be."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lakebase.client import LocalLakebase
from support.product import CREDENTIALS, TOKENS, Product, name_of_process

from .judge import Attempt, Rules, Story, attempts
from .watcher import Watcher, now_ms

TICK_S = 0.1
CONNINFO = "service=demo connect_timeout=20"


@dataclass(frozen=True)
class Plan:
    seconds: float = 60
    processes: int = 4
    threads: int = 8
    pause_ms: int = 60
    lifetime_s: int = 12
    latency_ms: int = 60
    # Chances a second; of kills: the share of helpers that are killed.
    revocations: float = 0.1
    outages: float = 0.05
    outage_s: float = 4
    sleeps: float = 0.05
    program_kills: float = 0.2
    forgets: float = 0
    helper_kills: float = 0.2
    until_kills: int = 0  # ends early once so many helpers were killed
    seed: int = 1


def killing(kills: int) -> Plan:
    """Hardly anything but helpers that are killed at any moment: the cached token is forgotten all the time, so that one runs."""
    return Plan(seconds=60 + 2 * kills, processes=2, threads=4, pause_ms=30, lifetime_s=3, revocations=0, outages=0, sleeps=0,
                helper_kills=0.85, forgets=9, until_kills=kills)


@dataclass
class Result:
    plan: Plan
    story: Story
    attempts: list[Attempt]
    statuses: dict[str, int]
    helpers: int
    torn: list[str]
    begun: int
    seconds: float
    problems: list[str] = field(default_factory=list)

    def judge(self) -> "Result":
        failed = [attempt for attempt in self.attempts if not attempt.good]
        wrong = [attempt for attempt in failed if not self.story.excuse(attempt)]
        for attempt in wrong[:8]:
            self.problems.append(f"failed though a token was there or could be had: {self._told(attempt)}")
        if len(wrong) > 8:
            self.problems.append(f"and {len(wrong) - 8} more of these")
        if not any(attempt.good for attempt in self.attempts):
            self.problems.append("nothing connected at all")
        rules = Rules(self.plan.lifetime_s, self.seconds)
        for route in (CREDENTIALS, TOKENS):
            if self.answered(route) > rules.fetches(self.story):
                self.problems.append(f"{self.answered(route)} calls of {route}, {rules.fetches(self.story)} allowed")
        if self.vain() > rules.vain_calls(self.story):
            self.problems.append(f"{self.vain()} calls in vain, {rules.vain_calls(self.story)} allowed")
        self.problems += self.torn
        return self

    def answered(self, route: str) -> int:
        return self.statuses.get(f"demo {route} 200", 0)

    def vain(self) -> int:
        return sum(count for call, count in self.statuses.items() if not call.endswith(" 200"))

    def _told(self, attempt: Attempt) -> str:
        return (f"{attempt.how} at {self._since(attempt.begun)} for {attempt.ended - attempt.begun} ms: "
                f"{attempt.message[:160]}")

    def _since(self, at: int) -> str:
        return f"{(at - self.begun) / 1000:.2f} s"

    def history(self) -> list[str]:
        """In seconds since the start."""
        events = [(t.seen, f"token until {self._since(t.expires)}"
                   + (f", revoked at {self._since(t.revoked)}" if t.revoked else "")) for t in self.story.tokens.values()]
        events += [(at, "revocation") for at in self.story.revocations]
        events += [(at, "what the cache holds forgotten") for at in self.story.forgets]
        events += [(at, "helper killed") for at in self.story.kills]
        events += [(start, f"API out or spared until {self._since(end)}") for start, end in self.story.outages]
        events += [(start, f"endpoint asleep until {self._since(end)}") for start, end in self.story.sleeps]
        return [f"{self._since(at)}: {what}" for at, what in sorted(events)]

    def summary(self) -> str:
        by_how = Counter(attempt.how for attempt in self.attempts)
        failed = Counter((self.story.excuse(attempt) or "NO EXCUSE", attempt.message[:90])
                         for attempt in self.attempts if not attempt.good)
        slowest = max((a.ended - a.begun for a in self.attempts if a.good), default=0)
        rules = Rules(self.plan.lifetime_s, self.seconds)
        lines = [
            f"{self.seconds:.0f} s, tokens of {self.plan.lifetime_s} s: {len(self.story.tokens)} tokens, "
            f"{len(self.story.revocations)} revocations, {len(self.story.outages)} outages, {len(self.story.sleeps)} sleeps",
            f"attempts: {len(self.attempts)} ({', '.join(f'{n} {how}' for how, n in sorted(by_how.items()))}), "
            f"{sum(failed.values())} failed for want of a token or an endpoint; slowest good one {slowest} ms",
            f"helpers: {self.helpers} run, {len(self.story.kills)} killed",
            f"calls: {self.answered(CREDENTIALS)} credentials of {rules.fetches(self.story)} allowed, "
            f"{self.answered(TOKENS)} workspace tokens, {self.vain()} in vain of {rules.vain_calls(self.story)} allowed",
            *(f"  {count} x {why}: {message}" for (why, message), count in failed.most_common(8)),
            *(self.history() if self.problems else []),
            *(f"PROBLEM: {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)


class Soak:
    def __init__(self, build: Path, lakebase: LocalLakebase, directory: Path, plan: Plan) -> None:
        self._plan = plan
        self._lakebase = lakebase
        self._chance = random.Random(plan.seed)
        self._product = Product(build, lakebase, directory)
        self._probe = build / "tests" / "soak" / "probes" / "soak"
        self._directory = directory
        self._story = Story()
        self._watcher = Watcher(self._product.cache, self._story)
        self._programs: dict[int, "subprocess.Popen[bytes]"] = {}
        self._outputs: list[Path] = []
        self._over = threading.Event()

    def run(self) -> Result:
        self._lakebase.set(token_lifetime=self._plan.lifetime_s, api_latency_ms=self._plan.latency_ms)
        # Warm: what is measured is the steady state.
        self._product.assert_connects()
        self._lakebase.forget()
        self._watcher.start()
        killer = threading.Thread(target=self._kill_helpers)
        killer.start()
        begun, begun_ms = time.monotonic(), now_ms()
        try:
            for i in range(self._plan.processes):
                self._start(i)
            while (left := self._plan.seconds - (time.monotonic() - begun)) > 0 and not self._enough():
                time.sleep(min(TICK_S, left))
                self._trouble(TICK_S)
            self._lakebase.clear_faults()
            for program in self._programs.values():
                program.terminate()
        finally:
            self._over.set()
            killer.join()
            for program in self._programs.values():
                program.kill()
                program.wait()
            self._watcher.stop()
        seconds = time.monotonic() - begun
        done = [attempt for output in self._outputs for attempt in attempts(output.read_text(errors="replace"))]
        return Result(self._plan, self._story, done, dict(self._lakebase.counters()["statuses"]),
                      len(self._product.helpers()), self._watcher.torn, begun_ms, seconds).judge()

    def close(self) -> None:
        self._product.end_helpers()

    def _enough(self) -> bool:
        return 0 < self._plan.until_kills <= len(self._story.kills)

    def _start(self, number: int) -> None:
        output = self._directory / f"program-{len(self._outputs)}"
        self._outputs.append(output)
        plan = self._plan
        with output.open("wb") as out:
            self._programs[number] = subprocess.Popen(
                [self._probe, CONNINFO, str(int(plan.seconds) + 30), str(plan.threads), str(plan.pause_ms)],
                env=self._product.environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)

    def _trouble(self, seconds: float) -> None:
        plan, chance = self._plan, self._chance
        # During an outage it would only be a longer outage.
        if chance.random() < plan.revocations * seconds and self._watcher.quiet():
            self._watcher.revoking()
            self._lakebase.revoke_all()
            self._watcher.revoked()
        if chance.random() < plan.outages * seconds and self._watcher.quiet():
            self._background(self._outage, chance.uniform(0.3, plan.outage_s))
        if chance.random() < plan.sleeps * seconds:
            self._background(self._sleep, chance.uniform(0.2, 1.2))
        if chance.random() < plan.forgets * seconds:
            self._watcher.forget()
        if chance.random() < plan.program_kills * seconds:
            number = chance.randrange(plan.processes)
            self._programs[number].kill()
            self._programs[number].wait()
            self._start(number)

    def _background(self, trouble, seconds: float) -> None:
        threading.Thread(target=trouble, args=(seconds,), daemon=True).start()

    def _outage(self, seconds: float) -> None:
        with self._watcher.outage():
            fault = self._lakebase.fault("api", "status", "*", status=503)
            self._over.wait(seconds)
            self._lakebase.clear_faults(fault)

    def _sleep(self, seconds: float) -> None:
        start = now_ms()
        fault = self._lakebase.fault("gateway", "asleep", seconds=seconds, how=self._chance.choice(("reset", "close")))
        self._over.wait(seconds + 0.5)
        self._lakebase.clear_faults(fault)
        self._story.sleeps.append((start, now_ms()))

    def _kill_helpers(self) -> None:
        """Each at a moment of its own."""
        chance = random.Random(self._plan.seed + 1)
        seen = 0
        while not self._over.wait(0.003):
            runs = self._product.helpers()
            for pid in runs[seen:]:
                if chance.random() < self._plan.helper_kills:
                    time.sleep(chance.uniform(0, 0.12))
                    if name_of_process(pid) == self._product.helper.name[:15]:
                        # Whoever waits for it may notice sooner than we can look at the clock.
                        at = now_ms()
                        try:
                            os.kill(pid, signal.SIGKILL)
                            self._story.kills.append(at)
                        except ProcessLookupError:
                            pass
            seen = len(runs)


def run_soak(build: Path, plan: Plan, directory: Path | None = None) -> Result:
    """In a directory of its own unless one is given, with a server of its own."""
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary, LocalLakebase() as lakebase:
        soak = Soak(build, lakebase, directory or Path(temporary), plan)
        try:
            return soak.run()
        finally:
            soak.close()
