"""After everything else: no secret was seen where none may be."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.secret_watch import SecretWatch, outputs_watched
from support.waiting import wait_until

SECRET = "dose" + "0123456789abcdef" * 2
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhcHAifQ." + "s" * 40


@pytest.mark.last
def test_no_secret_was_seen(secret_watch: SecretWatch, lakebase: LocalLakebase) -> None:
    secret_watch.scan_files()
    assert secret_watch.found == []


@pytest.fixture
def watch(tmp_path: Path) -> SecretWatch:
    other = SecretWatch()
    other.plant(SECRET, "the secret")
    other.watch_directory(tmp_path)
    return other


@pytest.mark.parametrize("secret", [SECRET, TOKEN])
@pytest.mark.parametrize("stream", [1, 2])
def test_output_is_watched(watch: SecretWatch, secret: str, stream: int, secret_watch: SecretWatch) -> None:
    program = f"import os; os.write({stream}, os.environ['X'].encode())"
    with secret_watch.permitted(), outputs_watched(watch):
        subprocess.run([sys.executable, "-c", program], env={"X": secret}, capture_output=True, check=True)
    assert len(watch.found) == 1


@pytest.mark.parametrize("mode, seen", [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_readable_files_are_watched(watch: SecretWatch, tmp_path: Path, mode: int, seen: int) -> None:
    file = tmp_path / "file"
    file.write_text(f"x{SECRET}x")
    file.chmod(mode)
    watch.scan_files()
    file.unlink()
    assert len(watch.found) == seen


@pytest.mark.parametrize("place", ["argv", "environment"])
def test_processes_are_watched(watch: SecretWatch, place: str, secret_watch: SecretWatch) -> None:
    with secret_watch.permitted():
        sleeper = subprocess.Popen(["sleep", "5"], env={"X": TOKEN}) if place == "environment" else subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(5)", SECRET])
        watch.start()
        try:
            assert wait_until(lambda: watch.found)
        finally:
            watch.stop()
            sleeper.kill()
            sleeper.wait()


def test_the_helper_s_environment_is_watched(watch: SecretWatch, tmp_path: Path, secret_watch: SecretWatch) -> None:
    helper = tmp_path / "pglakebase-fetch"
    os.symlink("/bin/sleep", helper)
    with secret_watch.permitted():
        process = subprocess.Popen([helper, "5"], env={"X": SECRET})
        watch.start()
        try:
            assert wait_until(lambda: watch.found)
        finally:
            watch.stop()
            process.kill()
            process.wait()
            time.sleep(0.1)
