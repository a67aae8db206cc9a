"""Processes by id and start time: an id alone may have been given to somebody else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def start_time(pid: int) -> int:
    """In clock ticks since boot; 0 when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])


def wait_gone(pid: int, started: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while start_time(pid) == started:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(pid: int, started: int) -> None:
    """Asks, then insists."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if start_time(pid) != started:
            return
        os.kill(pid, number)
        if wait_gone(pid, started, 10):
            return
