#!/usr/bin/python3
"""Stands in for pglakebase-fetch: answers a request as stub.json beside it says, and keeps each
request it was given beside it, too. Written from docs/PROTOCOL.md alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def encode(value: str) -> str:
    return re.sub(r"[\x00-\x1f%\x7f]", lambda found: f"%{ord(found.group()):02x}", value)


def decode(value: str) -> str:
    return re.sub(r"%([0-9a-fA-F]{2})", lambda found: chr(int(found.group(1), 16)), value)


def record(kind: str, **fields: object) -> str:
    lines = ["pglakebase=1", f"kind={kind}"]
    lines += [f"{key}={encode(str(value))}" for key, value in fields.items()]
    return "\n".join([*lines, "end=1", ""])


def selecting_lines(document: str) -> str:
    """What names the request: the lines between the first one and those with a prefix that says otherwise."""
    lines = document.splitlines(keepends=True)[1:]
    ours = [line for line in lines if not line.startswith(("secret.", "network.", "option.", "end="))]
    return "".join(ours)


def write(cache: str, name: str, content: str) -> None:
    path = Path(cache) / name
    aside = Path(cache) / f"new-{os.getpid():016x}"
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(content)
    aside.rename(path)


def main() -> None:
    document = sys.stdin.read()
    behaviour = json.loads((HERE / "stub.json").read_text())
    count = len(list(HERE.glob("request-*.txt")))
    (HERE / f"request-{count}.txt").write_text(document)
    options = dict(line.split("=", 1) for line in document.splitlines() if "=" in line)
    time.sleep(behaviour.get("delay", 0))

    selecting = selecting_lines(document)
    # What answers with nonsense stores nothing either: a credential that it stored would do.
    cache = "" if "reply" in behaviour else decode(options["option.cache"])
    now = int(time.time() * 1000)
    key = (Path(cache) / "key").read_bytes() if cache else b""
    name = hmac.new(key, selecting.encode(), hashlib.sha256).hexdigest()
    identity = hashlib.sha256(behaviour.get("identity", "stub").encode()).hexdigest()
    if failure := behaviour.get("failure"):
        reply = record(
            "failure",
            sentence=failure,
            permanent=int(behaviour.get("permanent", False)),
            seen_ms=now,
            not_before_ms=now + behaviour.get("hold_ms", 5000),
            material=options["option.material"],
            network=options["option.network"],
        )
        if cache:
            write(cache, f"failure-{name}", reply)
    else:
        reply = record(
            "credential",
            identity=identity,
            token=behaviour.get("token", "eyJ.stub.token") + (f".{count}" if count else ""),
            user=behaviour.get("user", "stub-role"),
            issued_ms=now - behaviour.get("age_ms", 0),
            expires_ms=now + behaviour.get("life_ms", 3_600_000),
        )
        if cache:
            write(cache, f"credential-{identity}", reply)
            write(cache, f"request-{name}", record("request", selecting=selecting, identity=identity, files=""))
    if cache:
        (Path(cache) / f"fetching-{name}").unlink(missing_ok=True)
    sys.stdout.write(behaviour.get("reply", reply))


main()
