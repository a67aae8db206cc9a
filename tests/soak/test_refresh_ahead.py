"""Many connections across many expiries: nobody waits for a refresh once warm, and there is one fetch for each expiry."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import ROOT, library
from support.product import CREDENTIALS, TOKENS, Product

from .judge import Attempt, Rules, Story, attempts

LIFETIME_S = 14
# Fetching takes so long that whoever waits for it stands out on any machine.
LATENCY_S = 4


@pytest.fixture
def product(build: Path, lakebase: LocalLakebase, tmp_path: Path):
    lakebase.set_token_lifetime(LIFETIME_S)
    made = Product(build, lakebase, tmp_path)
    made.assert_connects()
    lakebase.forget()
    yield made
    made.end_helpers()


def together(product: Product, probe: Path, processes: int, *arguments: object, **env: str) -> list[Attempt]:
    running = [subprocess.Popen([probe, "service=demo", *map(str, arguments)], env=product.environment(env=env),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for _ in range(processes)]
    done = []
    for process in running:
        out, err = process.communicate(timeout=900)
        assert (process.returncode, err) == (0, b"")
        done += attempts(out.decode())
    return done


@pytest.fixture(scope="session")
def probe(build: Path) -> Path:
    return build / "tests" / "soak" / "probes" / "soak"


@pytest.mark.parametrize("seconds", [16, pytest.param(60, marks=pytest.mark.full)])
def test_nobody_waits(product: Product, lakebase: LocalLakebase, probe: Path, seconds: int) -> None:
    lakebase.fault("api", "delay", CREDENTIALS, seconds=LATENCY_S)
    done = together(product, probe, 4, seconds, 8, 150)
    slowest = max(attempt.ended - attempt.begun for attempt in done)
    print(f"{len(done)} connects, {lakebase.calls(CREDENTIALS)} fetches, slowest {slowest} ms")
    assert len(done) > 20 * seconds
    assert [attempt for attempt in done if not attempt.good] == []
    assert slowest < LATENCY_S * 750
    # Each of them for an expiry, whoever noticed first.
    assert 1 <= lakebase.calls(CREDENTIALS) <= Rules(LIFETIME_S, seconds).fetches(Story())
    assert lakebase.calls(TOKENS) == 0


def without_a_server(product: Product, lakebase: LocalLakebase, probe: Path, threads: int, connects: int,
                     prefix: tuple[str, ...] = (), life_s: int = 4, **env: str) -> None:
    """Nobody listens: all that is ours is done for each, and libpq's part costs next to nothing."""
    lakebase.set_token_lifetime(life_s)
    product.files.one("credential").unlink()
    closed = product.service("closed", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary",
                             "wake_timeout=0", host="dev", port="1")
    assert closed.exists()
    process = subprocess.run([*prefix, probe, "service=closed", "600", str(threads), "0", str(connects)],
                             env=product.environment(env=env), stdin=subprocess.DEVNULL, capture_output=True, timeout=900)
    assert (process.returncode, process.stderr.decode()) == (0, "")
    done = attempts(process.stdout.decode())
    seconds = (max(a.ended for a in done) - min(a.begun for a in done)) / 1000
    print(f"{len(done)} connects of {threads} threads in {seconds:.1f} s, {lakebase.calls(CREDENTIALS)} fetches")
    assert len(done) == threads * connects
    assert [a for a in done if "Connection refused" not in a.message][:3] == []
    assert lakebase.calls(CREDENTIALS) <= Rules(life_s, seconds).fetches(Story())


@pytest.mark.parametrize("connects", [150, pytest.param(1000, marks=pytest.mark.full)])
def test_64_threads(product: Product, lakebase: LocalLakebase, probe: Path, connects: int) -> None:
    without_a_server(product, lakebase, probe, 64, connects)


@pytest.mark.full
def test_64_threads_under_tsan(product: Product, lakebase: LocalLakebase, tmp_path: Path) -> None:
    """Library and program both."""
    directory = tmp_path / "tsan"
    options = ["-Dbuildtype=debug", "-Db_sanitize=thread", "-Db_lundef=false", "-Dtests=false"]
    subprocess.run(["meson", "setup", str(directory), str(ROOT), *options], check=True, capture_output=True)
    subprocess.run(["ninja", "-C", str(directory), "src/shim/libpglakebase.so"], check=True, capture_output=True)
    program = tmp_path / "program"
    include = subprocess.run(["pg_config", "--includedir"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["gcc", "-fsanitize=thread", "-g", "-O1", f"-I{include}", str(Path(__file__).parent / "probes" / "soak.c"),
                    "-o", str(program), "-lpq", "-pthread"], check=True)
    library(directory).replace(product.library)
    tsan = subprocess.run(["gcc", "-print-file-name=libtsan.so"], check=True, capture_output=True, text=True).stdout.strip()
    without_a_server(product, lakebase, program, 64, 1000, LD_PRELOAD=f"{tsan} {product.library}")


VALGRIND = ("valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite", "--child-silent-after-fork=yes")


@pytest.mark.full
def test_64_threads_under_valgrind(product: Product, lakebase: LocalLakebase, probe: Path) -> None:
    """There is no refresh in the background there, where no process can be made that shares memory: at every end all threads
    wait for the one that fetches, which gets its turn among them only if turns are fair."""
    without_a_server(product, lakebase, probe, 64, 1000, (*VALGRIND, "--fair-sched=yes"), life_s=20)


@pytest.mark.full
def test_logins_under_valgrind(product: Product, probe: Path) -> None:
    done = product.run(probe, "service=demo", "30", "8", "200", prefix=list(VALGRIND), timeout=200)
    assert done.code == 0, done.error
    assert {attempt.good for attempt in attempts(done.out.decode())} == {True}
