"""Adds up JUnit files: prints what failed or was unsteady, and as the last line how many passed, failed and were skipped."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Totals:
    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)

    def add_file(self, step: str, junit: Path, session: str = "") -> None:
        try:
            root = ElementTree.parse(junit).getroot()
        except (OSError, ElementTree.ParseError) as error:
            self.failed.append(f"{session or step}: no readable result file ({error})")
            return
        for case in root.iter("testcase"):
            name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(f"{step}: {name}")
            elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
                self.skipped.append(name)
            else:
                self.passed.append(f"{step}: {name}")

    def add_step(self, step: str, junit: Path | None, exit_code: int, session: str = "") -> None:
        """A step (or one session of several) that went wrong without a failed test to show for it counts as one."""
        before = len(self.failed)
        if junit is not None:
            self.add_file(step, junit, session)
        if exit_code != 0 and len(self.failed) == before:
            self.failed.append(f"{session or step}: ended with exit code {exit_code}")

    def add_second_run(self, step: str, junit: Path) -> None:
        """Of the step's failed tests alone: those that pass this time count as passed, and are named."""
        again = Totals()
        again.add_file(step, junit)
        for name in again.passed:
            if name in self.failed and name not in again.failed:
                self.failed = [failed for failed in self.failed if failed != name]
                self.passed.append(name)
                self.unsteady.append(name)


def allowed_skips(file: Path) -> dict[str, str]:
    allowed = {}
    for line in file.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, mark, reason = line.partition(" | ")
        if not mark or not reason.strip():
            raise SystemExit(f"{file}: a skip needs a reason: {line}")
        allowed[name.strip()] = reason.strip()
    return allowed


def report(totals: Totals, allowed: dict[str, str], out=sys.stdout) -> int:
    """Prints the end of the report; returns the exit code."""
    for name in totals.failed:
        print(f"FAILED {name}", file=out)
    for name in totals.unsteady:
        print(f"unsteady: {name} failed, and passed only when it ran once more, alone", file=out)
    not_allowed = [name for name in totals.skipped if name not in allowed]
    for name in totals.skipped:
        print(f"skipped {name}: {allowed.get(name, 'NOT in tests/allowed-skips')}", file=out)
    nothing = not totals.passed
    if nothing:
        print("no test ran", file=out)
    skipped = f", {len(totals.skipped)} skipped" if totals.skipped else ""
    print(f"{len(totals.passed)} passed, {len(totals.failed)} failed{skipped}", file=out)
    return 1 if totals.failed or not_allowed or nothing else 0
