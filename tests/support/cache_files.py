"""The cache's files, read and altered from outside."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path


def encode(value: object) -> str:
    return "".join(f"%{ord(c):02x}" if c < " " or c in "%\x7f" else c for c in str(value))


def fields(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def join(values: dict[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())


class CacheFiles:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def of(self, kind: str) -> list[Path]:
        return sorted(self.directory.glob(f"{kind}-*"))

    def one(self, kind: str) -> Path:
        (found,) = self.of(kind)
        return found

    def read(self, kind: str) -> dict[str, str]:
        return fields(self.one(kind).read_text())

    def change(self, kind: str, **changes: object) -> None:
        """Fields of the only record of a kind; new ones go before the end."""
        values = self.read(kind)
        end = values.pop("end")
        values |= {key: encode(value) for key, value in changes.items()}
        self.one(kind).write_text(join(values | {"end": end}))

    def shift(self, kind: str, seconds: float) -> None:
        """All times of a record, as if the clock stood elsewhere when it was written."""
        self.change(kind, **{key: int(value) + int(seconds * 1000)
                             for key, value in self.read(kind).items() if key.endswith("_ms")})

    def name(self, message: str) -> str:
        return hmac.new((self.directory / "key").read_bytes(), message.encode(), hashlib.sha256).hexdigest()

    def add(self, file: str, content: str | bytes, age_seconds: float = 0) -> Path:
        path = self.directory / file
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        if age_seconds:
            then = path.stat().st_mtime - age_seconds
            os.utime(path, (then, then))
        return path
