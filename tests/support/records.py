"""The records of a cache, read and aged by tests."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path


class CachedCredential:
    """The one credential of a cache. Its times can be set, as if it had been fetched long ago."""

    def __init__(self, cache: Path) -> None:
        [self.file] = cache.glob("credential-*")

    @property
    def fields(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.file.read_text().splitlines())

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.fields["token"].encode()).hexdigest()

    def age(self, *, since: float, left: float) -> None:
        """Issued `since` seconds ago, `left` seconds to live."""
        now = time.time()
        fields = {**self.fields, "issued_ms": str(int((now - since) * 1000)), "expires_ms": str(int((now + left) * 1000))}
        aside = self.file.with_name("new-0123456789abcdef")
        aside.touch(mode=0o600)
        aside.write_text("".join(f"{key}={value}\n" for key, value in fields.items()))
        aside.rename(self.file)
