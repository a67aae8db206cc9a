"""Starting, stopping, and leaving nothing behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .. import processes
from ..client import LocalLakebase
from ..inventory import APP
from .psql import psql, run_psql

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "local-lakebase"


def gone(pids: dict[str, int]) -> bool:
    return all(processes.wait_gone(pid, processes.start_time(pid), 15) for pid in pids.values()
               if processes.start_time(pid))


def shared_memory(pids: dict[str, int]) -> tuple[list[str], set[str]]:
    """The segments that they made and the files that they have mapped; other programs have theirs."""
    made = subprocess.run(["ipcs", "-m", "-p"], capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in made if len(line.split()) == 4]
    maps = [Path(f"/proc/{pid}/maps").read_text().split() for pid in pids.values() if processes.start_time(pid)]
    return ([row[0] for row in rows if row[2] in map(str, pids.values())],
            {word for words in maps for word in words if word.startswith("/dev/shm/")})


def test_two_at_once(lakebase: LocalLakebase) -> None:
    with LocalLakebase() as other:
        for mine, theirs in ((lakebase, other), (other, lakebase)):
            assert psql(mine, APP.name, mine.mint(APP.name)).out == APP.name
            assert psql(mine, APP.name, theirs.mint(APP.name)).code == 2


def test_stop_leaves_nothing() -> None:
    with LocalLakebase() as lakebase:
        directory, pids = lakebase.directory, lakebase.pids
        assert psql(lakebase, APP.name, lakebase.mint(APP.name)).code == 0
        segments, files = shared_memory(pids)
        assert segments
    assert not directory.exists()
    assert all(processes.start_time(pid) == 0 for pid in pids.values())
    assert shared_memory(pids) == ([], set())
    assert not any(os.path.exists(file) for file in files)


def test_stop_after_the_server_was_killed() -> None:
    lakebase = LocalLakebase().start()
    os.kill(lakebase.pids["server"], signal.SIGKILL)
    lakebase.stop()
    assert gone(lakebase.pids)
    assert not lakebase.directory.exists()


def test_it_ends_with_the_watched_process() -> None:
    watched = subprocess.Popen(["sleep", "60"])
    lakebase = LocalLakebase(watch_pid=watched.pid).start()
    watched.kill()
    watched.wait()
    assert gone(lakebase.pids)
    assert not lakebase.directory.exists()


def test_secrets_are_private(lakebase: LocalLakebase) -> None:
    secrets = [secret for name in ("demo", "second") for kind in ("secrets", "pats")
               for secret in lakebase.workspace(name)[kind].values()] + list(lakebase.passwords.values())
    assert stat.S_IMODE(lakebase.directory.stat().st_mode) == 0o700
    for path in lakebase.directory.iterdir():
        if path.is_file():
            text = path.read_text(errors="replace")
            holds_one = "PRIVATE KEY" in text or any(secret in text for secret in secrets)
            assert not holds_one or stat.S_IMODE(path.stat().st_mode) == 0o600, path
        elif path.is_socket():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_service_file_is_plain_libpq(lakebase: LocalLakebase) -> None:
    text = (lakebase.directory / "pg_service.conf").read_text()
    assert all(len(line) <= 250 for line in text.splitlines())
    token = lakebase.mint(APP.name)
    for service in ("demo", "demo-dev", "demo-provisioned", "demo-azure", "demo-azure-provisioned",
                    "demo-nodirectives"):
        verified = f"service={service} user={APP.name} sslmode=verify-full sslrootcert={lakebase.ca_file}"
        assert run_psql(lakebase, verified, token).out == APP.name, service


@pytest.fixture
def command_environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="ll-", dir="/tmp") as runtime:
        clean = {k: v for k, v in os.environ.items() if k != "LOCAL_LAKEBASE_DIR"}
        yield {**clean, "XDG_RUNTIME_DIR": runtime}


def command(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(SCRIPT), *words], capture_output=True, text=True, timeout=60, env=environment)


def test_command(command_environment: dict[str, str]) -> None:
    runtime = command_environment["XDG_RUNTIME_DIR"]
    assert command(command_environment, "env").returncode == 1
    up = command(command_environment, "up", "--token-lifetime", "5", "--watch-pid", str(os.getpid()))
    assert up.returncode == 0, up.stderr
    assert "dapi" not in up.stdout and "dose" not in up.stdout
    try:
        assert "is up already" in command(command_environment, "up").stderr
        exported = command(command_environment, "env").stdout
        shell = subprocess.run(["sh", "-c", f"{exported}\necho $DATABRICKS_CLIENT_ID; cat $PGSERVICEFILE"],
                               capture_output=True, text=True)
        assert shell.stdout.startswith(APP.name)
        assert "[demo]" in shell.stdout
        number = command(command_environment, "fault", "api", "status", "status=503", "--times", "2").stdout.strip()
        status = command(command_environment, "status").stdout
        assert '"token_lifetime": 5' in status and '"status": 503' in status
        assert command(command_environment, "clear-faults", number).returncode == 0
        assert command(command_environment, "mint", APP.name).stdout.startswith("eyJ")
        assert command(command_environment, "set", "colour=1").returncode == 1
    finally:
        assert command(command_environment, "down").returncode == 0
    assert os.listdir(runtime) == []


def test_directory_must_be_empty(tmp_path: Path, command_environment: dict[str, str]) -> None:
    (tmp_path / "mine").write_text("keep")
    assert "is not empty" in command(command_environment, "up", "--dir", str(tmp_path)).stderr
    assert (tmp_path / "mine").read_text() == "keep"


def test_failed_start_says_why_and_leaves_nothing(command_environment: dict[str, str]) -> None:
    failed = command({**command_environment, "LOCAL_LAKEBASE_PGBIN": "/nowhere"}, "up")
    assert failed.returncode == 1
    assert "did not start" in failed.stderr
    left = [name for _, directories, names in os.walk(command_environment["XDG_RUNTIME_DIR"])
            for name in directories + names]
    assert left in ([], [f"local-lakebase-{os.getuid()}"])


def test_sources_compile() -> None:
    package = Path(__file__).resolve().parents[1]
    for path in sorted(package.rglob("*.py")):
        compile(path.read_text(), str(path), "exec")
    assert sys.version_info >= (3, 11)
