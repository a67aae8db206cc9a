"""A stand-in for the Databricks CLI: big enough to be taken for the real one, as strict, and able to misbehave."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_PROGRAM = r'''#!{python}
import json, os, stat, sys, time
told = json.load(open({told!r}))
with open({calls!r}, "a") as calls:
    calls.write(json.dumps({{"argv": sys.argv[1:], "environment": sorted(os.environ), "directory": os.getcwd(),
                             "no_input": stat.S_ISCHR(os.fstat(0).st_mode)}}) + "\n")
if sys.argv[1:] == ["version"]:
    print("Databricks CLI v" + told["version"])
    sys.exit(0)
if sys.argv[1:3] != ["auth", "token"] or sys.argv[3:] not in told["known"]:
    sys.exit("Error: cache: databricks OAuth is not configured for this host. no cached credentials; "
             "run `databricks auth login` to sign in")
time.sleep(told["seconds"])
sys.stderr.write(told["error"])
sys.stdout.write(told["output"])
sys.exit(told["status"])
'''


class FakeDatabricksCli:
    def __init__(self, directory: Path, version: str = "0.260.0") -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        self.path = directory / "databricks"
        self._told = directory / "told.json"
        self._calls = directory / "calls"
        self._state: dict[str, Any] = {"version": version, "known": [], "seconds": 0, "error": "", "output": "", "status": 0}
        text = _PROGRAM.format(python=sys.executable, told=str(self._told), calls=str(self._calls))
        self.path.write_text(text + "#" * (1 << 20) + "\n")
        self.path.chmod(0o700)
        self.tell()

    def tell(self, **changes: Any) -> None:
        self._state |= changes
        self._told.touch(mode=0o600)
        self._told.write_text(json.dumps(self._state))

    def log_in(self, known: list[str], token: str, expiry: str) -> None:
        """`known`: what follows "auth token"."""
        self.tell(known=[known], output=json.dumps({"access_token": token, "token_type": "Bearer", "expiry": expiry}))

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()] if self._calls.exists() else []
