"""A program at a terminal of its own, as somebody sits in front of it."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence


def at_a_terminal(argv: Sequence[str], env: Mapping[str, str], seconds: float = 60) -> tuple[int, str]:
    """The exit code and everything that was written to the terminal; nothing is typed."""
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True,
                               preexec_fn=take_terminal)
    os.close(theirs)
    said, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 0.5)[0]:
                continue
            try:
                part = os.read(ours, 4096)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                part = b""
            if not part:
                break
            said += part
        else:
            process.kill()
            raise AssertionError(f"still there, after: {said!r}")
        return process.wait(timeout=10), said.decode().replace("\r\n", "\n")
    finally:
        os.close(ours)
