"""A copy of the library beside a helper that does as it is told: good, slow, hostile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from lakebase import inventory
from lakebase.client import LocalLakebase

from .build import library

SOURCE = Path(__file__).with_name("hostile_helper.py")


class Stub:
    """behaviour: answer, transient or permanent (with sentence=), hang, die, abort, nothing, raw (with raw= bytes)
    or huge; with first=N only the first N runs, then answer. Given a token, it needs no local Lakebase. What it stores
    is what the real one would, unless store=False.
    """

    def __init__(self, directory: Path, build: Path, lakebase: LocalLakebase) -> None:
        self.directory = directory
        self.library = directory / "shim" / "libpglakebase.so"
        self.helper = directory / "cli" / "pglakebase-fetch"
        self.log = directory / "runs"
        self._lakebase = lakebase
        for file, source in ((self.library, library(build)), (self.helper, SOURCE)):
            file.parent.mkdir(parents=True)
            shutil.copy(source, file)
            file.chmod(0o755)
        self.does("answer")

    def does(self, behaviour: str, *, identity: str = inventory.APP.name, user: str | None = None,
             lifetime: int = 3600, delay: float = 0, store: bool = True, sentence: str = "", raw: bytes = b"",
             token: str = "", first: int = 0) -> None:
        plan: dict[str, Any] = {
            "behaviour": behaviour, "identity": identity, "user": identity if user is None else user,
            "lifetime": lifetime, "delay": delay, "store": store, "sentence": sentence, "raw": raw.hex(),
            "token": token, "first": first, "lakebase": str(self._lakebase.directory), "log": str(self.log),
        }
        file = self.helper.with_name("stub.json")
        aside = file.with_suffix(".new")
        aside.write_text(json.dumps(plan))
        # It may hold a token; and a helper that hangs reads it again and again.
        aside.chmod(0o600)
        aside.rename(file)

    def release(self) -> None:
        """Lets helpers that hang go."""
        self.does("nothing")

    def runs(self) -> list[dict[str, Any]]:
        """What every run so far was given: argv, environment (names), keys of the document, open descriptors."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]
