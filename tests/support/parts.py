"""What pytest's run is made of: groups of test files, each of which is a session of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Judges what its session showed, so that each has it.
JUDGE = "tests/test_secrets.py::test_no_secret_was_seen"


@dataclass(frozen=True)
class Part:
    name: str
    arguments: tuple[str, ...]
    seconds: int = 0
    alone: bool = False


@dataclass(frozen=True)
class Measured:
    """How many seconds a directory's tests (or a file's) take with --full, and how many sessions share its files."""

    seconds: int
    sessions: int = 1
    # When nothing else is under way, and every build is made.
    alone: bool = False


# Only for a good order: a directory that is not named here runs all the same.
MEASURED = {
    "suites": Measured(900),
    "shim": Measured(800, 4),
    "soak": Measured(700),
    "programs": Measured(300),
    "fuzz": Measured(300),
    "faults": Measured(300),
    "azure": Measured(260),
    "hooks": Measured(240),
    "cache": Measured(200),
    "auth": Measured(400, 3),
    "lakebase": Measured(180),
    "exchange": Measured(120),
    "integration": Measured(100),
    "structure": Measured(90),
    "cli": Measured(80),
    "performance": Measured(60, alone=True),
    # A thousand programs at once; and how many of very many files are swept in a tenth of a second.
    "cache/test_crowd.py": Measured(90, alone=True),
    "cache/test_interruptions.py": Measured(240, alone=True),
    # Looks at all builds.
    "structure/test_library.py": Measured(5, alone=True),
}


def parts(root: Path, measured: Mapping[str, Measured] = MEASURED) -> list[Part]:
    """Every test file below root/tests once; the longest part first, those that must be alone last."""
    groups: dict[str, list[str]] = {}
    for file in sorted((root / "tests").rglob("test_*.py")):
        path = file.relative_to(root / "tests")
        group = str(path) if str(path) in measured else path.parts[0] if len(path.parts) > 1 else "tests"
        groups.setdefault(group, []).append(f"tests/{path}")
    found = []
    for group, files in groups.items():
        known = measured.get(group, Measured(0))
        for share in range(min(known.sessions, len(files))):
            chosen = files[share::known.sessions]
            judge = [] if JUDGE.partition("::")[0] in chosen else [JUDGE]
            name = group.removesuffix(".py").replace("/", "-") + (f"-{share + 1}" if known.sessions > 1 else "")
            found.append(Part(name, (*chosen, *judge), known.seconds // known.sessions, known.alone))
    return sorted(found, key=lambda part: (part.alone, -part.seconds))
