"""Helpers and programs that are killed or stopped at any moment, and clocks that jump."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.cache_files import fields
from support.product import PSQL, Product
from support.waiting import wait_until

# Kinds whose files are whole records at any moment; locks are empty, the key is not text.
RECORDS = ("request", "credential", "workspace", "issued", "fetching", "failure", "trouble", "endpoint", "user")


def assert_whole(product: Product) -> None:
    """What is under one of the names that are looked at is a whole record, and nobody else's to read."""
    if not product.cache.exists():
        return
    for file in product.cache.iterdir():
        kind = file.name.split("-", 1)[0]
        if kind in RECORDS:
            values = fields(file.read_text())
            assert values["pglakebase"] == "1" and values["kind"] == kind and values["end"] == "1", file
        assert file.stat().st_mode & 0o777 == 0o600, file
    key = product.cache / "key"
    assert not key.exists() or key.stat().st_size == 32


def kill_helpers(product: Product, chance: random.Random, times: int) -> int:
    killed = 0
    for i in range(times):
        for kind in ("credential", "request", "workspace")[: chance.randint(1, 3)]:
            for file in product.files.of(kind):
                file.unlink()
        if chance.random() < 0.1:
            (product.cache / "key").unlink(missing_ok=True)
        known = len(product.helpers())
        program = product.start(PSQL, "-XAt", "-c", "select current_user", "service=demo")
        wait_until(lambda: len(product.helpers()) > known or program.poll() is not None, 20)
        time.sleep(chance.uniform(0, 0.12))
        for pid in product.helpers()[known:]:
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
        out, err = program.communicate(timeout=60)
        assert (program.returncode == 0 and out.decode().strip() == product.role()) or b"pglakebase" in err, (out, err)
        assert_whole(product)
        begun = time.monotonic()
        product.assert_connects()
        assert time.monotonic() - begun < 8, i
        assert_whole(product)
    return killed


@pytest.mark.parametrize("times", [40, pytest.param(500, marks=pytest.mark.full)])
def test_helper_killed_at_any_moment(build: Path, lakebase: LocalLakebase, tmp_path: Path, times: int) -> None:
    """Most of the time is waiting, so there are some users with caches of their own."""
    users = 4
    # A helper that is done before the blow would show nothing.
    lakebase.fault("api", "delay", "*", seconds=0.05)
    with ThreadPoolExecutor(users) as pool:
        runs = [pool.submit(kill_helpers, Product(build, lakebase, tmp_path / str(user)), random.Random(times + user), times // users)
                for user in range(users)]
    killed = sum(run.result() for run in runs)
    print(f"killed {killed} helpers in {times} runs")
    assert killed > times / 10


def test_killed_helpers_leave_what_is_swept(product: Product) -> None:
    """Temporary files of the killed go after an hour."""
    product.assert_connects()
    old = product.files.add("new-0123456789abcdef", "half a secret", age_seconds=4000)
    recent = product.files.add("new-fedcba9876543210", "half a secret")
    for file in (*product.files.of("swept"), *product.files.of("credential")):
        file.unlink()
    product.assert_connects()
    assert not old.exists() and recent.exists()


def test_program_killed_while_it_waits(product: Product) -> None:
    """The helper finishes by itself; the next program has what it fetched."""
    product.lakebase.fault("api", "delay", "*", seconds=0.5)
    program = product.start(PSQL, "-XAt", "-c", "select 1", "service=demo")
    # The helper has said by then that it fetches: nobody begins another fetch.
    assert wait_until(lambda: sum(product.calls()) > 0)
    program.kill()
    program.communicate()
    product.assert_connects()
    assert product.calls() == (1, 1) and len(product.helpers()) == 1


def stopped_holder(product: Product) -> tuple["subprocess.Popen[bytes]", int]:
    """A helper that was stopped while it holds its locks."""
    fault = product.lakebase.fault("api", "delay", "*", seconds=1)
    known = len(product.helpers())
    program = product.start(PSQL, "-XAt", "-c", "select 1", "service=demo")
    before = sum(product.calls())
    assert wait_until(lambda: sum(product.calls()) > before)
    holder = product.helpers()[known]
    os.kill(holder, signal.SIGSTOP)
    product.lakebase.clear_faults(fault)
    return program, holder


def test_stopped_holder_of_the_lock(product: Product) -> None:
    program, holder = stopped_holder(product)
    try:
        begun = time.monotonic()
        done = product.connect(env={"PGCONNECT_TIMEOUT": "3"})
        assert done.code != 0
        assert "another process's sign-in to Databricks is still under way; try again in a moment" in done.error
        assert time.monotonic() - begun < 8
    finally:
        os.kill(holder, signal.SIGKILL)
    product.assert_connects()
    program.communicate(timeout=40)


def test_stopped_holder_while_the_token_is_valid(product: Product) -> None:
    product.assert_connects()
    now = int(time.time() * 1000)
    for left, limit in ((600, 5), (40, 20)):
        product.files.change("credential", issued_ms=now - (3600 - left) * 1000, expires_ms=now + left * 1000)
        product.files.shift("workspace", -7200)
        program, holder = stopped_holder(product)
        try:
            begun = time.monotonic()
            product.assert_connects()
            assert time.monotonic() - begun < limit
        finally:
            os.kill(holder, signal.SIGKILL)
        program.communicate(timeout=60)
        for kind in ("fetching", "failure"):
            for file in product.files.of(kind):
                file.unlink()


@pytest.mark.full
def test_a_stopped_holder_outlives_its_note(product: Product) -> None:
    """Nobody believes a note for ever; a second helper meets the lock, and says so in bounded time."""
    program, holder = stopped_holder(product)
    try:
        product.files.shift("fetching", -40)
        begun = time.monotonic()
        done = product.connect(env={"PGCONNECT_TIMEOUT": "60"})
        assert done.code != 0 and "still under way; try again in a moment" in done.error
        assert time.monotonic() - begun < 40
        assert len(product.helpers()) == 2
    finally:
        os.kill(holder, signal.SIGKILL)
    product.assert_connects()
    program.communicate(timeout=40)


# Very many entries.


def crowd_the_cache(product: Product, count: int) -> list[Path]:
    old = []
    for i in range(count):
        name = f"{i:064x}"
        for kind in ("request", "credential", "issued", "failure", "fetching"):
            old.append(product.files.add(f"{kind}-{name}", f"pglakebase=1\nkind={kind}\nend=1\n", age_seconds=3 * 86400))
    return old


@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.full)])
def test_many_identities_are_swept(product: Product, count: int) -> None:
    product.assert_connects()
    warm = min(timed(product) for _ in range(5))
    old = crowd_the_cache(product, count)
    assert min(timed(product) for _ in range(8)) < 3 * warm + 0.1
    rounds = 0
    for file in product.files.of("swept"):
        file.unlink()
    while any(file.exists() for file in old):
        rounds += 1
        assert rounds <= 300
        newest = max(product.files.of("credential"), key=lambda file: file.stat().st_mtime)
        newest.unlink()
        assert timed(product) < 5
    print(f"{len(old)} files swept in {rounds} runs")
    product.assert_private()
    # From then on it is rare.
    (swept,) = product.files.of("swept")
    before = swept.stat().st_mtime_ns
    product.files.one("credential").unlink()
    product.assert_connects()
    assert swept.stat().st_mtime_ns == before


def timed(product: Product) -> float:
    begun = time.monotonic()
    product.assert_connects()
    return time.monotonic() - begun


# Clocks.


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_was_set(product: Product, hours: int) -> None:
    """Records from before the step: nothing is used that may be over, nothing holds for longer than it should."""
    product.assert_connects()
    for kind in ("credential", "workspace", "issued"):
        product.files.shift(kind, -hours * 3600)
    product.assert_connects()
    assert product.calls()[1] == 2
    product.lakebase.fault("api", "status", "*", status=401)
    product.files.one("credential").unlink()
    assert product.connect().code != 0
    product.lakebase.clear_faults()
    product.files.shift("failure", -hours * 3600)
    begun = time.monotonic()
    product.assert_connects()
    assert time.monotonic() - begun < 5


def test_trouble_noted_before_the_clock_was_set_back(product: Product) -> None:
    product.lakebase.fault("api", "status", "*", status=429, retry_after=60)
    assert product.connect().code != 0
    product.lakebase.clear_faults()
    for kind in ("failure", "trouble"):
        product.files.shift(kind, 3600)
    product.assert_connects()


@pytest.mark.parametrize("minutes", [7, -7])
def test_a_server_whose_clock_differs(product: Product, minutes: int) -> None:
    """The token's end is reckoned by the server's own clock."""
    product.lakebase.set(clock_skew=minutes * 60)
    product.assert_connects()
    credential = product.files.read("credential")
    left = int(credential["expires_ms"]) / 1000 - time.time()
    assert abs(left - 3600) < 30
    product.assert_connects()
    assert product.calls() == (1, 1)
