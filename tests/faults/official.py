"""The official client under the same faults: cold, and with what it holds expired; one process."""

from __future__ import annotations

import json
import re
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from support import official_client
from support.secret_watch import SecretWatch

from .arena import Arena, end
from .model import Fails, Row, State, Works

# Tokens live for a moment, so that they can expire.
LIFETIME = 3
WARM_SECONDS = 60
RECOVERY_SECONDS = 30
# It is heavier than we are; on a busy machine that must not decide.
BUSY_SECONDS = 10


@dataclass(frozen=True)
class Verdict:
    passed: bool
    text: str  # for people


@dataclass(frozen=True)
class Answer:
    good: bool
    seconds: float
    message: str
    details: str
    late: bool = False


class Session:
    """A node process. What it prints goes to private files: it may hold secrets, which is what is looked for."""

    def __init__(self, arena: Arena, modules: Path, patience: int) -> None:
        settings = arena.settings
        environment = official_client.environment(arena.lakebase, modules, arena.home) | {
            "DATABRICKS_HOST": settings["host"], "DATABRICKS_CLIENT_SECRET": settings["client_secret"],
            "LAKEBASE_ENDPOINT": settings["endpoint"], "PGCONNECT_TIMEOUT": str(patience)}
        command = official_client.command(official_client.SCRIPTS / "session.cjs", environment, arena.home)
        self._errors = arena.home / "node-errors"
        self._errors.touch(mode=0o600)
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen([*arena.prefix, *command], env=environment, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=errors)
        # How long node takes to load its modules is nobody's fault.
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n", self._errors.read_text()

    def connect(self, seconds: float) -> Answer:
        assert self.process.stdin is not None and self.process.stdout is not None
        started = time.monotonic()
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return self._ended(0)
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return Answer(False, seconds, "", "", late=True)
        line = self.process.stdout.readline()
        taken = time.monotonic() - started
        if not line:
            return self._ended(taken)
        fields = json.loads(line)
        return Answer(fields["good"], taken, fields.get("message", ""), fields.get("details", ""))

    def recovers(self, seconds: float = RECOVERY_SECONDS) -> bool:
        """Within as much time as one connect of ours may take, however often it must try for that."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            if self.connect(until - time.monotonic()).good:
                return True
            time.sleep(0.5)
        return False

    def _ended(self, seconds: float) -> Answer:
        self.process.wait()
        said = self._errors.read_text()
        errors = [line for line in said.splitlines() if "Error" in line]
        return Answer(False, seconds, f"the process dies: {errors[0] if errors else ''}", said)

    def close(self) -> None:
        end(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:
                continue


def measure(row: Row, state: State, arena: Arena, modules: Path, watch: SecretWatch) -> Verdict:
    for switch in row.switches:
        switch.prepare(arena)
    if state is State.EXPIRED:
        arena.lakebase.set(token_lifetime=LIFETIME, workspace_token_lifetime=LIFETIME)
    session = None
    try:
        if state is State.EXPIRED:
            session = Session(arena, modules, row.patience)
            # A busy machine may take longer for a login than the token lives.
            assert session.recovers(WARM_SECONDS)
            time.sleep(LIFETIME + 1.2)
            # In the hour that it would really take, the server would have closed what is idle.
            arena.lakebase.hang_up()
        for switch in row.switches:
            switch.on(arena)
        arena.lakebase.forget()
        session = session or Session(arena, modules, row.patience)
        expected = row.expected(state)
        answer = session.connect(expected.seconds + BUSY_SECONDS)
        calls = arena.calls_made()
        verdict = judge(row, expected, answer, calls, watch)
        # Its settings are its environment, which nobody can mend while it runs.
        mendable = not arena.changed
        arena.restore()
        for switch in row.switches:
            switch.off(arena)
        if verdict.passed and mendable and not session.recovers():
            return Verdict(False, f"{verdict.text}; does not recover")
        return verdict
    finally:
        if session is not None:
            session.close()


def judge(row: Row, expected: Works | Fails, answer: Answer, calls: int, watch: SecretWatch) -> Verdict:
    if answer.late:
        return Verdict(False, f"no answer in {answer.seconds:.0f} s")
    called = f"{calls} call{'s' * (calls != 1)}"
    if answer.good:
        return Verdict(True, f"works, {called}")
    text = f"“{shorten(answer.message)}”, {called}"
    shown = watch.secrets_in((answer.message + answer.details).encode())
    if shown:
        return Verdict(False, f"{text}; its error holds a secret")
    if isinstance(expected, Works):
        return Verdict(False, f"fails: {text}")
    if not re.search(row.cause_words, answer.message, re.IGNORECASE):
        return Verdict(False, f"{text}: not the cause")
    return Verdict(True, text)


def shorten(message: str) -> str:
    """One line; ports and other things that differ from run to run taken out."""
    line = "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in " ".join(message.split()))
    line = re.sub(r"\. Config: .*", "", line)
    line = re.sub(r"(localhost|127\.0\.0\.1|example\.test):\d+", r"\1", line).replace("|", "/")
    return line if len(line) <= 90 else line[:89] + "…"
