"""Works off a list, some pieces at a time; each worker has a build directory of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Piece = TypeVar("Piece")


def build_of(worker: int, build: Path) -> Path:
    return build if worker == 0 else build.with_name(f"{build.name}-{worker + 1}")


def link_builds(build: Path, workers: int) -> None:
    """A copy for each worker but the first: many tests look for whatever runs from their build directory.

    Of hard links, so that it takes a second; nothing is ever built there.
    """
    for worker in range(1, workers):
        copy = build_of(worker, build)
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run(["cp", "-al", build, copy], check=True)


def work_off(pieces: Iterable[Piece], workers: int, run: Callable[[Piece, int], None]) -> None:
    """run(piece, worker) for each, in their order; returns when the last has ended. Where one raises, none begins any more."""
    waiting = deque(pieces)

    def work(worker: int) -> None:
        while True:
            try:
                piece = waiting.popleft()
            except IndexError:
                return
            try:
                run(piece, worker)
            except BaseException:
                waiting.clear()
                raise

    with ThreadPoolExecutor(workers) as pool:
        try:
            for done in [pool.submit(work, worker) for worker in range(workers)]:
                done.result()
        finally:
            # Somebody pressed Ctrl-C.
            waiting.clear()
