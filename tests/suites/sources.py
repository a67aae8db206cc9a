"""Other people's sources as Debian has them, unpacked under build/; the machine's own settings of apt stay as they are."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from support.build import ROOT

DIRECTORY = ROOT / "build" / "debian-sources"
SETTINGS = Path("/etc/apt")
# Where the machine's own release has no source to give: not every mirror keeps all of them.
NEXT_RELEASE = "trixie"
OWN = ""


@dataclass(frozen=True)
class Archive:
    options: str
    address: str
    suite: str

    def lines(self) -> str:
        return "".join(f"{kind} {self.options}{self.address} {self.suite} main\n" for kind in ("deb", "deb-src"))


def archives(settings: Path = SETTINGS) -> list[Archive]:
    """Debian's own of those that the machine uses."""
    found = []
    for file in sorted([settings / "sources.list", *(settings / "sources.list.d").glob("*")]):
        if file.suffix == ".sources":
            found += list(of_paragraphs(file.read_text()))
        elif file.suffix == ".list" and file.exists():
            found += list(of_lines(file.read_text()))
    return [archive for archive in found if "debian" in archive.address]


def of_paragraphs(text: str) -> Iterator[Archive]:
    for paragraph in text.split("\n\n"):
        fields = dict(line.split(":", 1) for line in paragraph.splitlines() if ":" in line and not line.startswith(("#", " ")))
        signed = fields.get("Signed-By", "").strip()
        options = f"[signed-by={signed}] " if signed.startswith("/") else ""
        for address in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                yield Archive(options, address, suite)


def of_lines(text: str) -> Iterator[Archive]:
    for line in text.splitlines():
        kind, _, rest = line.strip().partition(" ")
        if kind == "deb":
            options, bracket, rest = rest.rpartition("] ")
            address, suite = rest.split()[:2]
            yield Archive(options + bracket, address, suite)


def apt_get(release: str, *words: str, where: Path) -> "subprocess.CompletedProcess[str]":
    """With lists of their own, which are brought up to date where they have not what is asked for."""
    directory = DIRECTORY / f"apt-{release or 'own'}"
    lists, listed = directory / "lists", directory / "sources.list"
    settings = {"Dir::Etc::SourceList": listed, "Dir::Etc::SourceParts": "/dev/null", "Dir::State::Lists": lists,
                "Dir::Cache": directory / "cache", "APT::Sandbox::User": "root"}

    def run(*more: str) -> "subprocess.CompletedProcess[str]":
        command = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in settings.items()), *more]
        return subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=280)

    if listed.exists() and (done := run(*words)).returncode == 0:
        return done
    for part in ("lists/partial", "cache/archives/partial"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    used = archives()
    if release:
        used = [replace(archive, suite=release) for archive in used[:1]]
    listed.write_text("".join(archive.lines() for archive in used))
    run("update")
    return run(*words)


def installed(package: str) -> str:
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def fetched(name: str, releases: list[str], get: list[str], version: str, pattern: str, unpack: list[str]) -> Path:
    """The file that apt-get brings, unpacked once: in this version if it can be had, else in the release's."""
    directory = DIRECTORY / name
    stamp, wanted = directory / "unpacked", version or "any version"
    if stamp.exists() and stamp.read_text() == wanted:
        return directory / "files"
    errors = ""
    for release in releases:
        for word in ([f"{name}={version}"] if version else []) + [name]:
            shutil.rmtree(directory, ignore_errors=True)
            (directory / "files").mkdir(parents=True)
            done = apt_get(release, *get, word, where=directory)
            files = sorted(directory.glob(pattern))
            if done.returncode == 0 and files:
                subprocess.run([part.format(file=files[0], to=directory / "files") for part in unpack], check=True)
                stamp.write_text(wanted)
                return directory / "files"
            errors += done.stderr[-200:]
    pytest.skip(f"{name}: Debian's archive does not give it: {errors}")


def source(name: str, version: str = "") -> Path:
    """The upstream part; of a later release where only that one's can be had."""
    return fetched(name, [OWN, NEXT_RELEASE], ["source", "--tar-only"], version, "*.orig.tar.*",
                   ["tar", "-C", "{to}", "--strip-components=1", "-xf", "{file}"])


def package(name: str, version: str) -> Path:
    """A binary package's files, not installed."""
    return fetched(name, [OWN], ["download"], version, "*.deb", ["dpkg", "-x", "{file}", "{to}"])
