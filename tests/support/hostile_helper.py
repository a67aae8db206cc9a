#!/usr/bin/python3 -I
"""Stands in for pglakebase-fetch, good or hostile. What to do stands in stub.json beside it; see Stub in stub.py."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NOT_SELECTING = ("secret.", "network.", "option.", "pglakebase-request", "end")


class Control(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def mint(plan: dict, lifetime: int) -> str:
    control = Control(os.path.join(plan["lakebase"], "control"))
    control.request("POST", "/mint", json.dumps({"identity": plan["identity"], "lifetime": lifetime}))
    return json.loads(control.getresponse().read())["result"]


def encode(value: object) -> str:
    return "".join(f"%{ord(c):02x}" if c < " " or c in "%\x7f" else c for c in str(value))


def decode(value: str) -> str:
    parts = value.split("%")
    return parts[0] + "".join(chr(int(p[:2], 16)) + p[2:] for p in parts[1:])


def record(kind: str, **fields: object) -> str:
    lines = ["pglakebase=1", f"kind={kind}", *(f"{k}={encode(v)}" for k, v in fields.items()), "end=1"]
    return "".join(f"{line}\n" for line in lines)


class Cache:
    """The names and files that the library looks for."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        with open(os.path.join(directory, "key"), "rb") as file:
            self.key = file.read()

    def name(self, message: str) -> str:
        return hmac.new(self.key, message.encode(), hashlib.sha256).hexdigest()

    def write(self, kind: str, name: str, content: str) -> None:
        aside = os.path.join(self.directory, f"new-{os.getpid()}-{kind}")
        fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "w", encoding="utf-8") as file:
            file.write(content)
        os.rename(aside, os.path.join(self.directory, f"{kind}-{name}"))

    def remove(self, kind: str, name: str) -> None:
        try:
            os.unlink(os.path.join(self.directory, f"{kind}-{name}"))
        except FileNotFoundError:
            pass


def answer(plan: dict, document: str) -> str:
    values = dict(line.split("=", 1) for line in document.splitlines())
    selecting = "".join(f"{line}\n" for line in document.splitlines() if not line.startswith(NOT_SELECTING))
    directory = decode(values["option.cache"])
    cache = Cache(directory) if directory else None
    request = cache.name(selecting) if cache else ""
    try:
        if plan["behaviour"] in ("transient", "permanent"):
            return record("failure", sentence=plan["sentence"], permanent=int(plan["behaviour"] == "permanent"))
        lifetime = plan["lifetime"]
        token = plan.get("token") or mint(plan, lifetime)
        now = int(time.time() * 1000)
        identity = hashlib.sha256(plan["identity"].encode()).hexdigest()
        credential = record("credential", identity=identity, token=token, user=plan["user"], issued_ms=now,
                            expires_ms=now + lifetime * 1000)
        if cache and plan["store"]:
            cache.write("credential", identity, credential)
            cache.write("issued", cache.name("issued" + token),
                        record("issued", identity=identity, request=request))
            cache.write("request", request, record("request", selecting=selecting, identity=identity, files=""))
        return credential
    finally:
        if cache:
            cache.remove("fetching", request)


def read_plan() -> dict:
    with open(os.path.join(HERE, "stub.json"), encoding="utf-8") as file:
        return json.load(file)


def main() -> None:
    plan = read_plan()
    document = sys.stdin.read()
    fds = sorted(os.listdir("/proc/self/fd"))[:-1]
    with open(plan["log"], "a", encoding="utf-8") as log:
        log.write(json.dumps({"argv": sys.argv[1:], "environment": sorted(os.environ),
                              "keys": [line.split("=", 1)[0] for line in document.splitlines()],
                              "fds": fds}) + "\n")
    signal.alarm(60)
    behaviour = plan["behaviour"]
    time.sleep(plan["delay"])
    if plan["first"]:
        runs = sum(1 for _ in open(plan["log"], encoding="utf-8"))
        if runs > plan["first"]:
            behaviour = plan["behaviour"] = "answer"
    if behaviour == "hang":
        while read_plan()["behaviour"] == "hang":
            time.sleep(0.05)
    elif behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif behaviour == "abort":
        os.abort()
    elif behaviour == "nothing":
        sys.exit(3)
    elif behaviour == "raw":
        sys.stdout.buffer.write(bytes.fromhex(plan["raw"]))
    elif behaviour == "huge":
        sys.stdout.write("x" * (1 << 20))
    else:
        sys.stdout.write(answer(plan, document))


main()
