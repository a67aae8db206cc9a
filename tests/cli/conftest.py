"""A copy of the command in a build-like tree of its own, with a stub for the helper, a home and a cache."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from support.build import ROOT, build_directory, command

HOST = "ep-cool-breeze-a1b2c3d4.database.us-east-1.cloud.databricks.com"
OTHER_HOST = "instance-6b59171b-cee8-4acc-9209-6c848ffbfbfe.database.cloud.databricks.com"
SECRET = "planted-client-secret-1b7e"


class Sandbox:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.cache = root / "cache"
        self.tools = root / "tree" / "cli"
        self.library = root / "tree" / "shim" / "libpglakebase.so"
        for directory in (self.home, self.tools, self.library.parent):
            directory.mkdir(parents=True)
        self.cache.mkdir(mode=0o700)
        self.command = self.tools / "pglakebase"
        shutil.copy(command(build_directory()), self.command)
        shutil.copy(ROOT / "tests" / "support" / "stub_helper.py", self.tools / "pglakebase-fetch")
        self.behave()
        self.environment = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "PGLAKEBASE_CACHE_DIR": str(self.cache),
            "DATABRICKS_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
            "DATABRICKS_CLIENT_SECRET": SECRET,
        }

    def behave(self, **behaviour: object) -> None:
        (self.tools / "stub.json").write_text(json.dumps(behaviour))

    def services(self, text: str, file: str = ".pg_service.conf") -> Path:
        path = self.home / file
        path.write_text(text)
        path.chmod(0o600)
        return path

    def empty_library(self) -> None:
        """Something that the dynamic linker accepts in the library's place."""
        subprocess.run(["cc", "-shared", "-o", self.library, "-x", "c", "/dev/null"], check=True)

    def run(self, *arguments: str, env: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.command, *arguments],
            env=self.environment | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            text=options.pop("text", True),
            timeout=60,
            **options,
        )

    def requests(self) -> list[str]:
        """The documents that the helper was given."""
        files = sorted(self.tools.glob("request-*.txt"), key=lambda file: int(file.stem.split("-")[1]))
        return [file.read_text() for file in files]

    def cached(self, kind: str) -> list[Path]:
        return sorted(self.cache.glob(f"{kind}-*"))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


@pytest.fixture
def orders(sandbox: Sandbox) -> Sandbox:
    """With one service."""
    sandbox.services(f"[orders]\nhost={HOST}\n#lakebase: profile=PROD\n")
    return sandbox
