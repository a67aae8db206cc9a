"""E7: `pglakebase token` with a warm cache, as a whole process."""

from __future__ import annotations

import shutil
import subprocess

from support.build import command

from bench.arena import Arena
from bench.process import run as run_process
from bench.report import Row
from bench.spread import spread

LIMIT_MS = 4
ENTRY = b"protocol=https\nhost=example.com\nusername=somebody\npassword=something\n\n"


def git_cache(arena: Arena) -> str:
    """What git's own cache of credentials takes for the same."""
    git = shutil.which("git")
    if git is None:
        return ""
    directory = arena.new_directory()
    directory.chmod(0o700)
    environment = {"HOME": str(directory), "PATH": "/usr/bin:/bin"}
    words = [git, "credential-cache", f"--socket={directory / 'socket'}"]
    question = directory / "question"
    question.write_bytes(b"protocol=https\nhost=example.com\n\n")
    try:
        subprocess.run([*words, "store"], input=ENTRY, env=environment, check=True, capture_output=True)
        walls = [run_process([*words, "get"], environment, standard_input=question).wall_us
                 for _ in range(arena.rounds(100, 10))]
    except (OSError, subprocess.CalledProcessError):
        return ""
    finally:
        subprocess.run([*words, "exit"], env=environment, capture_output=True)
    return f"git credential-cache: {spread(walls).median / 1000:.1f} ms"


def run(arena: Arena) -> list[Row]:
    client = arena.client()
    environment = client.environment(preload=False)
    argv = [str(command(arena.build)), "token", "orders"]
    subprocess.run(argv, env=environment, check=True, capture_output=True)
    runs = [run_process(argv, environment) for _ in range(arena.rounds(300, 20))]
    if any(one.code for one in runs):
        raise RuntimeError("pglakebase token failed with a warm cache")
    wall = spread([one.wall_us / 1000 for one in runs])
    cpu = spread([one.cpu_us / 1000 for one in runs])
    return [Row("E7", "pglakebase token, warm: whole process", f"{wall.median:.1f} ms ({wall.low:.1f} to {wall.high:.1f})",
                f"≤ {LIMIT_MS} ms", git_cache(arena), wall.median <= LIMIT_MS, {"wall_ms": vars(wall), "cpu_ms": vars(cpu)})]
