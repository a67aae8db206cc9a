"""pytest's step of scripts/test: sessions, two at a time, and those of their tests that failed once more."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from .parts import Part
from .steps import Steps
from .workers import build_of, link_builds, work_off

# So many failed tests run once more, alone; if there are more, something is broken.
UNSTEADY_AT_MOST = 5
# pytest's exit codes when it ran them all; with any other it may have ended early.
COMPLETE = (0, SOME_TESTS_FAILED := 1)
# Far more than any takes: one that hangs must not take the others' results with it.
LIMIT_S = 3600


def pytest_command(junit: Path, temporary: str, chosen: Sequence[str]) -> list[str]:
    command = ["/usr/bin/python3", "-m", "pytest", "-c", "tests/pytest.ini", "-q", "-p", "no:cacheprovider"]
    return [*command, "--durations=30", f"--basetemp={temporary}/t", f"--junit-xml={junit}", *chosen]


class Sessions:
    def __init__(self, steps: Steps, name: str, build: Path, options: Sequence[str], environment: dict[str, str]) -> None:
        self._steps = steps
        self._name = name
        self._build = build
        self._options = options
        self._environment = {**environment, "PYTHONDONTWRITEBYTECODE": "1"}
        self._lock = threading.Lock()
        self._complete = True
        self._failed: list[str] = []

    def run(self, parts: Sequence[Part], workers: int) -> None:
        """May be called again, for parts that were to wait."""
        link_builds(self._build, workers)
        work_off(parts, workers, self._session)

    def _session(self, part: Part, worker: int) -> None:
        name = f"{self._name} {part.name}".strip()
        junit, failed = self._steps.file(name, "xml"), self._steps.file(name, "failed")
        failed.unlink(missing_ok=True)
        code = self._pytest(name, junit, worker, [*self._options, f"--failed-list={failed}", *part.arguments])
        with self._lock:
            self._steps.totals.add_step(self._name, junit, code, name)
            self._complete &= code in COMPLETE and failed.exists()
            if self._complete:
                self._failed += failed.read_text().splitlines()

    def run_failed_again(self) -> None:
        """When all have run; those that pass now are named as unsteady."""
        if not self._complete or not 0 < len(self._failed) <= UNSTEADY_AT_MOST:
            return
        name = f"{self._name} again"
        junit = self._steps.file(name, "xml")
        self._pytest(name, junit, 0, [f"tests/{test}" for test in self._failed])
        self._steps.totals.add_second_run(self._name, junit)

    def _pytest(self, name: str, junit: Path, worker: int, chosen: Sequence[str]) -> int:
        # Not pytest's own place for temporary files, whose mode it sets anew under the feet of another session.
        with tempfile.TemporaryDirectory(prefix="pytest-", ignore_cleanup_errors=True) as temporary:
            environment = {**self._environment, "PGLAKEBASE_BUILD": str(build_of(worker, self._build))}
            return self._steps.run(name, pytest_command(junit, temporary, chosen), junit, LIMIT_S, **environment)
