"""Starting and stopping the server process, for the command line and for tests."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import processes
from .control_client import ControlError, call

PACKAGE_PARENT = Path(__file__).resolve().parent.parent
CURRENT = "current"


class LaunchFailed(Exception):
    """The server did not come up; the message has the end of its log."""


def base_directory() -> Path:
    """Where default directories are made: ours alone, checked, since /tmp belongs to everybody."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp") / f"local-lakebase-{os.getuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    status = base.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise LaunchFailed(f"{base} is not a private directory of ours")
    return base


def fresh_directory() -> Path:
    return Path(tempfile.mkdtemp(dir=base_directory()))


def record_current(directory: Path) -> None:
    """Remembers a default directory for `down`, `env` and the like."""
    link = base_directory() / CURRENT
    link.unlink(missing_ok=True)
    link.symlink_to(directory)


def current_directory() -> Path:
    given = os.environ.get("LOCAL_LAKEBASE_DIR")
    if given:
        return Path(given)
    link = base_directory() / CURRENT
    try:
        return Path(os.readlink(link))
    except FileNotFoundError:
        forget_current(link)
        raise LaunchFailed("no local Lakebase is up (or it was started with --dir)") from None


def is_current_up() -> bool:
    link = base_directory() / CURRENT
    return link.is_symlink() and any(processes.start_time(pid) == started
                                     for pid, started in _known_processes(link).items())


def start(directory: Path, options: Sequence[str]) -> None:
    """Returns when the server is ready."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise LaunchFailed(f"{directory} is not empty")
    directory.chmod(0o700)
    log = directory / "log"
    ready, write_end = os.pipe()
    command = [sys.executable, "-m", "lakebase.server", "--dir", str(directory), "--ready-fd", str(write_end), *options]
    # Nothing of the caller's that is about its own libpq, such as a preloaded library, concerns the server.
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "PYTHONPATH": str(PACKAGE_PARENT),
                   "PYTHONDONTWRITEBYTECODE": "1"}
    if "LOCAL_LAKEBASE_PGBIN" in os.environ:
        environment["LOCAL_LAKEBASE_PGBIN"] = os.environ["LOCAL_LAKEBASE_PGBIN"]
    with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
                                   pass_fds=(write_end,), start_new_session=True, cwd="/")
    os.close(write_end)
    # Kept open across the server's own cleaning up, to say what went wrong.
    with open(log, "rb") as history, os.fdopen(ready) as answer:
        if answer.read() != "ready":
            process.wait()
            shutil.rmtree(directory, ignore_errors=True)
            tail = history.read().decode("utf-8", "replace")[-2000:]
            raise LaunchFailed(f"the local Lakebase did not start:\n{tail}")
    # It runs on by itself: not ours to wait for.
    process.returncode = 0


def stop(directory: Path) -> None:
    """Ends every process of that directory and removes it, whatever state it is in."""
    known = _known_processes(directory)
    try:
        call(directory, "stop")
        for pid, started in known.items():
            processes.wait_gone(pid, started, 30)
    except ControlError:
        pass
    for pid, started in known.items():
        processes.end(pid, started)
    shutil.rmtree(directory, ignore_errors=True)
    link = directory.parent / CURRENT
    if link.is_symlink() and os.readlink(link) == str(directory):
        forget_current(link)


def forget_current(link: Path) -> None:
    link.unlink(missing_ok=True)
    try:
        link.parent.rmdir()
    except OSError:
        # Others are still up beside it.
        pass


def _known_processes(directory: Path) -> dict[int, int]:
    try:
        state = json.loads((directory / "state.json").read_text())
    except OSError:
        return {}
    return {int(pid): started for pid, started in state["processes"].items()}
