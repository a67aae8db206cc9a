"""The steps of scripts/test: commands whose outcome counts, and whose output goes to a file."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from pathlib import Path

from . import summary

# Exit codes of commands that have none of their own.
TOO_LONG, NOT_BEGUN = 124, 125


class Steps:
    def __init__(self, root: Path, results: Path) -> None:
        self.root = root
        self.results = results
        self.totals = summary.Totals()
        self._ended = False

    def end(self) -> None:
        """No further step begins."""
        self._ended = True

    def file(self, name: str, suffix: str) -> Path:
        return self.results / f"{name.replace(' ', '-')}.{suffix}"

    def step(self, name: str, command: list[str], junit: Path | None = None, **environment: str) -> bool:
        """Runs one command, which counts; True if it succeeded."""
        code = self.run(name, command, junit, **environment)
        self.totals.add_step(name, junit, code)
        return code == 0

    def run(self, name: str, command: list[str], junit: Path | None = None, limit_s: float | None = None,
            **environment: str) -> int:  # fmt: skip
        if self._ended:
            return NOT_BEGUN
        if junit is not None:
            junit.unlink(missing_ok=True)
        log = self.file(name, "log")
        started = time.monotonic()
        with log.open("wb") as out:
            try:
                code = subprocess.run(command, cwd=self.root, env=os.environ | environment, stdin=subprocess.DEVNULL,
                                      stdout=out, stderr=out, timeout=limit_s).returncode  # fmt: skip
            except subprocess.TimeoutExpired:
                out.write(b"\nended here, since it took too long\n")
                code = TOO_LONG
        said = f"{'ok    ' if code == 0 else 'FAILED'} {name} ({time.monotonic() - started:.0f} s)"
        if code != 0:
            last = log.read_text(errors="replace").splitlines(keepends=True)[-250:]
            said += f"\n$ {shlex.join(command)}\n{''.join(last)}"
        # At once, since others may print, too.
        print(said, flush=True)
        return code
