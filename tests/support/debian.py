"""Files of another Debian, unpacked beside the sources: an older glibc, another processor. The machine's own is not touched."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .build import ROOT
from .locked import locked

MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def unpacked(name: str, suite: str, architecture: str, packages: list[str], closure: bool = False) -> Path:
    """A directory with these packages' files, and with those of all that they depend on if `closure`."""
    directory = ROOT / "build" / "debian" / name
    with locked(directory):
        return unpacked_in(directory, suite, architecture, packages, closure)


def unpacked_in(directory: Path, suite: str, architecture: str, packages: list[str], closure: bool) -> Path:
    stamp = directory / "unpacked"
    wanted = " ".join([suite, architecture, *packages])
    if stamp.exists() and stamp.read_text() == wanted:
        return directory / "root"
    if not Path(KEYRING).exists():
        pytest.skip("this is not Debian")
    shutil.rmtree(directory, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "packages", "root"):
        (directory / part).mkdir(parents=True)
    (directory / "status").touch()
    sources = directory / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {MIRROR} {suite} main\n")
    settings = {
        "Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "/dev/null", "Dir::State::Lists": directory / "lists",
        "Dir::State::Status": directory / "status", "Dir::Cache": directory / "cache", "APT::Architecture": architecture,
        "APT::Architectures": architecture, "APT::Sandbox::User": "root", "Acquire::Retries": "5",
    }  # fmt: skip
    apt = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in settings.items())]
    get = ["install", "--download-only", "--no-install-recommends", "-y"] if closure else ["download"]
    for command in (["update"], [*get, *packages]):
        done = subprocess.run([*apt, *command], cwd=directory / "packages", capture_output=True, text=True, timeout=250)
        if done.returncode != 0:
            pytest.skip(f"Debian's packages are out of reach: {done.stderr[-300:]}")
    for package in sorted(directory.rglob("*.deb")):
        subprocess.run(["dpkg", "-x", package, directory / "root"], check=True)
    keep_links_inside(directory / "root")
    stamp.write_text(wanted)
    return directory / "root"


def keep_links_inside(root: Path) -> None:
    for link in root.rglob("*"):
        if link.is_symlink() and (target := os.readlink(link)).startswith("/"):
            link.unlink()
            link.symlink_to(os.path.relpath(root / target[1:], link.parent))
