"""What each test of a suite said."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TAP_LINE = re.compile(r"(not )?ok\b *(\d*)(?:[^#\\]|\\.)*(?:# *(skip|todo)\b)?", re.IGNORECASE)
REGRESS_LINE = re.compile(r"(?:test|ok|not ok)? *(\w+) +\.\.\. (ok|FAILED|failed \(ignored\))")


@dataclass
class Results:
    """By the test's name: passed, failed, skipped, or todo (whatever it did)."""

    said: dict[str, str] = field(default_factory=dict)

    def counts(self) -> str:
        counted = Counter(self.said.values())
        return ", ".join(f"{counted[word]} {word}" for word in ("passed", "failed", "skipped", "todo") if counted[word])

    def differences(self, other: "Results") -> list[str]:
        names = sorted(self.said.keys() | other.said.keys())
        return [f"{name}: {self.said.get(name, 'not run')} and {other.said.get(name, 'not run')}"
                for name in names if self.said.get(name) != other.said.get(name)]


def of_tap(file: str, text: str, code: int) -> dict[str, str]:
    """A test is known by its number: the words may name a place or a port of that run."""
    if re.search(r"^1\.\.0 *# *skip", text, re.IGNORECASE | re.MULTILINE):
        return {file: "skipped"}
    said = {}
    for line in text.splitlines():
        if match := TAP_LINE.match(line):
            failed, number, directive = match.groups()
            word = {"skip": "skipped", "todo": "todo"}.get((directive or "").lower(), "failed" if failed else "passed")
            said[f"{file} {number or len(said) + 1}"] = word
    # A file that ends early, or badly, has not passed whatever its lines say.
    planned = re.search(r"^1\.\.(\d+)", text, re.MULTILINE)
    whole = planned is not None and int(planned.group(1)) == len(said)
    said[f"{file} as a whole"] = "passed" if code == 0 and whole else "failed"
    return said


def of_regress(text: str) -> dict[str, str]:
    return {match.group(1): "passed" if match.group(2) == "ok" else "failed"
            for line in text.splitlines() if (match := REGRESS_LINE.search(line))}


def of_junit(file: Path) -> dict[str, str]:
    said = {}
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        word = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
        said[f"{case.get('classname')}.{case.get('name')}"] = word
    return said
