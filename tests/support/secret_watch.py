"""Watches a whole test session for secrets where none may be: outputs, arguments, environments, readable files.

Client secrets, PATs and native passwords are known by their text; tokens by their shape, since every one counts.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Three parts of base64url, the first two of which are JSON objects.
TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}")
PAUSE = 0.03
# Looks, not less than a second: a helper may have been forked by one of ours that has ended, and not be named yet.
STRANGER_AFTER = 40
SCANNED_AT_MOST = 8 << 20
ELF_CORE = b"\x04\x00"
# What these print is what they are for.
TELLERS = {("pglakebase", "token"), ("pglakebase-fetch", ""), ("local-lakebase", "env"), ("local-lakebase", "mint")}


def shorten(secret: bytes) -> str:
    return secret[:6].decode("ascii", "replace") + "…"


class SecretWatch:
    def __init__(self) -> None:
        self.found: list[str] = []
        self.outputs_seen = 0
        self.processes_seen = 0
        self.directories: set[Path] = set()
        self._planted: dict[bytes, str] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        # How many looks ago each was last seen to be of ours.
        self._strangers: dict[int, int] = {}
        self._sampled: dict[int, tuple[bytes, int]] = {}
        self._permitted = 0
        self._in_arguments: set[bytes] = set()
        self._handed_over: set[bytes] = set()
        self.written_by_tests: set[str] = set()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    # What to look for.

    def plant(self, secret: str, what: str) -> None:
        with self._lock:
            self._planted[secret.encode()] = what

    def plant_lakebase(self, info: dict[str, Any]) -> None:
        for workspace in info["workspaces"].values():
            for principal, secret in workspace["secrets"].items():
                self.plant(secret, f"client secret of {principal}")
            for principal, pat in workspace["pats"].items():
                self.plant(pat, f"PAT of {principal}")
        for role, password in info["passwords"].items():
            self.plant(password, f"password of {role}")

    def watch_directory(self, directory: Path) -> None:
        self.directories.add(directory)

    @contextlib.contextmanager
    def permitted(self) -> Iterator[None]:
        """For a test that itself has to show a secret to a program, on its command line say."""
        self._permitted += 1
        try:
            yield
        finally:
            self._permitted -= 1

    # Where to look.

    def secrets_in(self, content: bytes, planted: bool = True) -> list[str]:
        with self._lock:
            names = [what for secret, what in self._planted.items() if secret in content] if planted else []
        if b"eyJ" in content:
            names += [f"token {shorten(match)}" for match in set(TOKEN.findall(content))]
        return names

    def saw_output(self, argv: Any, content: bytes | str | None) -> None:
        if not content or self._permitted:
            return
        self.outputs_seen += 1
        words = [os.fsdecode(word) for word in argv] if isinstance(argv, (list, tuple)) else [str(argv)]
        if any((Path(program).name, verb) in TELLERS for program, verb in zip(words, [*words[1:], ""])):
            return
        # "env" shows what the test itself put there; a token is ours.
        self._report(f"output of {' '.join(words)[:200]}", content.encode() if isinstance(content, str) else content,
                     planted=Path(words[-1]).name != "env")

    def saw_start(self, argv: Any) -> None:
        """A test's own arguments are not what is looked for: it may hand a token or a native password over so."""
        line = b"\0".join(os.fsencode(word) for word in argv) if isinstance(argv, (list, tuple)) else os.fsencode(argv)
        with self._lock:
            self._in_arguments.update(secret for secret in self._planted if secret in line)
        self._in_arguments.update(TOKEN.findall(line))

    def saw_environment(self, environment: Any) -> None:
        """Many ways to sign in begin with a token in a variable, which a test then sets."""
        for value in (environment or {}).values():
            self._handed_over.update(TOKEN.findall(os.fsencode(value)))

    def scan_files(self) -> None:
        """Files that others may read."""
        for directory in self.directories:
            for parent, _, names in os.walk(directory):
                for name in names:
                    self._scan_file(Path(parent, name))

    def _scan_file(self, file: Path) -> None:
        if str(file) in self.written_by_tests:
            return
        try:
            status = file.lstat()
            if not os.path.isfile(file) or file.is_symlink() or not status.st_mode & 0o077:
                return
            with open(file, "rb") as content:
                head = content.read(20)
                # Copies of programs and libraries, of which there are many; a core dump is another type.
                if head.startswith(b"\x7fELF") and head[16:18] != ELF_CORE:
                    return
                self._report(f"{file} (mode {status.st_mode & 0o777:o})", head + content.read(SCANNED_AT_MOST))
        except OSError:
            # Gone meanwhile.
            return

    def _report(self, where: str, content: bytes, planted: bool = True) -> None:
        self.found += [f"{name} in {where}" for name in self.secrets_in(content, planted)]

    # Other processes.

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(PAUSE):
            ours = self._descendants()
            for pid in ours:
                self._sample_process(pid)

    def _descendants(self) -> list[int]:
        parents = {}
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        self._strangers = {pid: self._strangers.get(pid, 0) + 1 for pid in pids}
        for pid in pids:
            # Who has long been nobody of ours stays so; there are many on a busy machine.
            if self._strangers[pid] > STRANGER_AFTER:
                continue
            with contextlib.suppress(OSError, IndexError, ValueError):
                with open(f"/proc/{pid}/stat", "rb") as file:
                    stat = file.read()
                fields = stat[stat.rindex(b")") + 2:].split()
                parents[pid] = int(fields[1])
        self_pid, found = os.getpid(), []
        for pid in parents:
            above: int | None = pid
            while above and above != self_pid:
                above = parents.get(above)
            if above == self_pid and pid != self_pid or above != self_pid and self._is_helper(pid):
                found.append(pid)
        self._strangers.update(dict.fromkeys(found, 0))
        return found

    @staticmethod
    def _is_helper(pid: int) -> bool:
        """A helper that outlives its host is nobody's child."""
        with contextlib.suppress(OSError):
            return Path("/proc", str(pid), "comm").read_bytes().strip() == b"pglakebase-fetc"
        return False

    def _sample_process(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            directory = Path("/proc", str(pid))
            arguments = (directory / "cmdline").read_bytes()
            times = self._sampled.get(pid, (b"", 0))
            seen = times[1] + 1 if times[0] == arguments else 0
            self._sampled[pid] = (arguments, seen)
            # Arguments and environment change with exec only; a second look for one that was under way.
            if seen > 2 or self._permitted:
                return
            self.processes_seen += seen == 0
            is_helper = os.path.basename(arguments.split(b"\0")[0]) == b"pglakebase-fetch"
            self._report(f"the arguments {arguments[:200]!r}",
                         arguments if is_helper else self._without_handed_over(arguments))
            environment = (directory / "environ").read_bytes()
            if is_helper:
                self._report("the helper's environment", environment)
            else:
                # Besides what a test itself hands over.
                kept = [v for v in environment.split(b"\0") if not v.startswith((b"PGPASSWORD=", b"DATABRICKS_TOKEN="))]
                tokens = set(TOKEN.findall(b"\0".join(kept))) - self._handed_over
                self._report(f"the environment of {arguments[:200]!r}", b"\0".join(tokens))

    def _without_handed_over(self, arguments: bytes) -> bytes:
        """What a test gave is passed on whole (by env, strace, setpriv), and may be seen cut short while exec is under way."""
        for secret in sorted(self._in_arguments, key=len, reverse=True):
            arguments = arguments.replace(secret, b"")
        left = {token for token in TOKEN.findall(arguments)
                if not any(given.startswith(token) for given in self._in_arguments)}
        return b"\0".join([TOKEN.sub(b"", arguments), *left])


@contextlib.contextmanager
def outputs_watched(watch: SecretWatch) -> Iterator[None]:
    """Every start of a process, and every output that a test captures from one, goes by the watch."""
    start, communicate, write_text = subprocess.Popen.__init__, subprocess.Popen.communicate, Path.write_text

    def written(path: Path, *args: Any, **kwargs: Any) -> int:
        watch.written_by_tests.add(str(path))
        return write_text(path, *args, **kwargs)

    def started(process: "subprocess.Popen[Any]", args: Any, *more: Any, **kwargs: Any) -> None:
        watch.saw_start(args)
        watch.saw_environment(kwargs.get("env"))
        start(process, args, *more, **kwargs)

    def watched(process: "subprocess.Popen[Any]", *args: Any, **kwargs: Any) -> Any:
        out, error = communicate(process, *args, **kwargs)
        watch.saw_output(process.args, out)
        watch.saw_output(process.args, error)
        return out, error

    subprocess.Popen.__init__, subprocess.Popen.communicate = started, watched  # type: ignore
    Path.write_text = written  # type: ignore
    try:
        yield
    finally:
        subprocess.Popen.__init__, subprocess.Popen.communicate = start, communicate  # type: ignore
        Path.write_text = write_text  # type: ignore
