"""Runs the real pglakebase-fetch the way the library does: a request on stdin, a record on stdout."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .build import build_directory, helper

PATH = "/usr/bin:/bin"  # of the helper, and of the programs that it starts
SECRET_VARIABLES = {"DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD"}


def encode(value: str) -> str:
    return "".join(f"%{byte:02x}" if byte < 0x20 or byte in (0x25, 0x7F) else chr(byte)
                   for byte in value.encode("utf-8", "surrogateescape"))


def parse_record(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        raw = value.encode("latin-1")
        out = bytearray()
        at = 0
        while at < len(raw):
            if raw[at] == 0x25:
                out.append(int(raw[at + 1:at + 3], 16))
                at += 3
            else:
                out.append(raw[at])
                at += 1
        fields.setdefault(key, out.decode("utf-8", "replace"))
    return fields


@dataclass
class Reply:
    code: int
    text: str
    record: dict[str, str]

    @property
    def ok(self) -> bool:
        return self.record.get("kind") == "credential"

    @property
    def token(self) -> str:
        assert self.ok, self.text
        return self.record["token"]

    @property
    def sentence(self) -> str:
        assert self.record.get("kind") == "failure", self.text
        return self.record["sentence"]

    @property
    def permanent(self) -> bool:
        return self.record["permanent"] == "1"

    @property
    def hold(self) -> float:
        """For how many seconds after it was seen nobody is to ask again."""
        return (int(self.record["not_before_ms"]) - int(self.record["seen_ms"])) / 1000


@dataclass
class Request:
    hosts: list[str]
    cache: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    directives: dict[str, str] = field(default_factory=dict)
    network: dict[str, str] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)

    def document(self) -> str:
        lines = [("version", "1"), ("uid", str(os.geteuid())), ("home", str(self.home))]
        lines += [("host", host) for host in self.hosts]
        secrets = []
        for prefix, given in (("directive.", self.directives), ("env.", self.environment)):
            for name, value in given.items():
                if name in SECRET_VARIABLES:
                    secrets.append((f"secret.{prefix}{name}", value))
                    if name == "DATABRICKS_TOKEN":
                        lines.append((f"digest.{prefix}{name}", hashlib.sha256(value.encode()).hexdigest()))
                else:
                    lines.append((prefix + name, value))
        network = [(f"network.env.{name}", value) for name, value in self.network.items()]
        options = {"service": "", "cache": str(self.cache), "material": "m" * 64, "network": "n" * 64, "issued_after_ms": 0,
                   "need_user": 0, "min_life_ms": 0, "refresh_before_ms": 0, "deadline_ms": 30000, **self.options}
        last = [(f"option.{name}", str(value)) for name, value in options.items()]
        every = [("pglakebase-request", "1"), *lines, *secrets, *network, *last, ("end", "1")]
        return "".join(f"{key}={encode(value)}\n" for key, value in every)

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([str(helper(build_directory()))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={"PATH": PATH})
        assert process.stdin is not None
        process.stdin.write(self.document().encode("latin-1"))
        process.stdin.close()
        process.stdin = None  # communicate() would write to it
        return process

    def run(self, document: str | None = None) -> Reply:
        done = subprocess.run([str(helper(build_directory()))], input=(document or self.document()).encode("latin-1"),
                              capture_output=True, env={"PATH": PATH}, timeout=60, check=False)
        return finished(done.returncode, done.stdout, done.stderr)


def finished(code: int, out: bytes, err: bytes) -> Reply:
    assert err == b"", err.decode()
    text = out.decode("latin-1")
    return Reply(code, text, parse_record(text))
