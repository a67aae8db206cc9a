"""What the figures were taken on, without its name."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import date
from pathlib import Path

from support.client import PGBIN


def first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return done.stdout.splitlines()[0].strip()


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def describe() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores of {processor()}, {memory:.0f} GiB, {release}, Linux {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "compiler": first_line("g++", "--version"),
        "PostgreSQL": first_line(str(PGBIN / "psql"), "--version"),
        "node": first_line("node", "--version"),
    }
