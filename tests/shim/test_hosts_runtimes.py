"""Other run times in the same process: sanitizers, valgrind, allocators, other preloaded libraries."""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import build_options
from support.client import PGBIN, Client

from .hosts import Hosts, connected

SOURCE = Path(__file__).parent / "probes" / "hosts" / "sanitized_host.c"
INCLUDE = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq"], capture_output=True, text=True, check=True).stdout.split()


@pytest.fixture(autouse=True)
def plain_library(build: Path) -> None:
    if build_options(build)["b_sanitize"] != "none":
        pytest.skip("one sanitizer in a process is enough")


def runtime(compiler: str, name: str) -> list[str]:
    """gcc's run times are libraries that want to be the first; clang's are part of the program."""
    if compiler != "gcc":
        return []
    return [subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()]


@pytest.mark.parametrize("compiler", ["gcc", "clang-14"])
@pytest.mark.parametrize("sanitizer", ["address", "thread", "undefined"])
def test_sanitized_host(hosts: Hosts, tmp_path: Path, compiler: str, sanitizer: str) -> None:
    program = tmp_path / "sanitized"
    subprocess.run([compiler, f"-fsanitize={sanitizer}", "-g", "-O1", str(SOURCE), "-o", str(program), *INCLUDE, "-pthread"],
                   check=True, timeout=120)
    library = {"address": "libasan.so", "thread": "libtsan.so", "undefined": "libubsan.so"}[sanitizer]
    preload = " ".join([*runtime(compiler, library), str(hosts.client.library)])
    conninfo = hosts.always_ageing()
    for _ in range(2):
        done = hosts.client.run(program, conninfo, env={"LD_PRELOAD": preload, "ASAN_OPTIONS": None}, preload=False,
                                timeout=120)
        assert (done.code, done.text) == (0, "bad=0"), done.error
        assert "Sanitizer" not in done.error
    assert hosts.fetches() >= 1


VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--track-fds=yes"]


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_valgrind(hosts: Hosts, probes: Path, warm: bool) -> None:
    if warm:
        hosts.client.psql("service=orders").ok()
    done = hosts.client.run(probes / "connect_probe", "--reset", "--times", "2", "connectdb", "service=orders", prefix=VALGRIND,
                            timeout=200)
    assert done.code == 0, done.error
    assert done.values["status"] == "ok" and hosts.fetches() == 1
    # Three are the standard ones; the rest were not opened here.
    opened = [line for line in done.error.splitlines() if "Open file descriptor" in line]
    assert len(opened) <= len([line for line in done.error.splitlines() if "inherited from parent" in line]) + 3, done.error


PRELOADS = {
    "twice": ["{us}", "{us}"],
    "twice by another path": ["{us}", "{copy}"],
    "wrapper before": ["{probes}/libwrapper.so", "{us}"],
    "wrapper behind": ["{us}", "{probes}/libwrapper.so"],
    "wrappers around": ["{probes}/libwrapper.so", "{us}", "{wrapper2}"],
    "jemalloc": ["/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", "{us}"],
    "jemalloc behind": ["{us}", "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"],
    "tcmalloc": ["/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4", "{us}"],
}


@pytest.mark.parametrize("name", PRELOADS)
def test_with_other_preloaded_libraries(hosts: Hosts, probes: Path, tmp_path: Path, name: str) -> None:
    us = hosts.client.library
    # Another file, so that it is loaded a second time; its helper stands beside it.
    copy = tmp_path / "copy" / "shim" / "libpglakebase.so"
    copy.parent.mkdir(parents=True)
    shutil.copy(us, copy)
    (tmp_path / "copy" / "cli").symlink_to(us.parent.parent / "cli")
    wrapper2 = tmp_path / "libwrapper2.so"
    shutil.copy(probes / "hosts" / "libwrapper.so", wrapper2)
    places = {"us": us, "copy": copy, "probes": probes / "hosts", "wrapper2": wrapper2}
    preload = ":".join(word.format(**places) for word in PRELOADS[name])
    if "jemalloc" in name or "tcmalloc" in name:
        library = next(word for word in PRELOADS[name] if "malloc" in word)
        assert Path(library).exists(), f"{library} is missing: scripts/install-deps"
    env = {"LD_PRELOAD": preload, "WRAPPER_TELLS": "1", "ASAN_OPTIONS": "detect_leaks=0"}
    for way in ("connectdb", "start"):
        values = hosts.client.run(probes / "connect_probe", "--reset", way, "service=orders", env=env, preload=False).ok().values
        assert (values["status"], values["error"]) == ("ok", ""), values
        assert values["tls"] == "1" and values["sslmode"] == "verify-full"
    assert hosts.fetches() == 1
    assert ("wrapper" in values) == ("wrapper" in name)


def test_relative_path_and_another_directory(hosts: Hosts) -> None:
    """The helper is found although the directory was left that the path was relative to."""
    directory = hosts.client.library.parent
    program = ("import os\n" "os.chdir('/')\n" "import ctypes, ctypes.util\n"
               "pq = ctypes.CDLL('libpq.so.5', mode=ctypes.RTLD_GLOBAL)\n"
               "us = ctypes.CDLL(None)\n"
               "us.PQconnectdb.restype = ctypes.c_void_p\n"
               "c = ctypes.c_void_p(us.PQconnectdb(b'service=orders'))\n"
               "us.PQerrorMessage.restype = ctypes.c_char_p\n"
               "print(us.PQstatus(c), us.PQerrorMessage(c))\n")
    done = hosts.client.run("/usr/bin/python3", "-c", program, env={"LD_PRELOAD": f"./{hosts.client.library.name}"},
                            preload=False, cwd=directory)
    assert (done.code, done.text) == (0, "0 b''"), (done.out, done.err)


def test_connect_from_a_constructor(hosts: Hosts, probes: Path, tmp_path: Path) -> None:
    copy = tmp_path / "libearly-copy.so"
    shutil.copy(probes / "hosts" / "libearly.so", copy)
    done = hosts.client.run(probes / "hosts" / "early_host", copy, env={"EARLY_CONNINFO": "service=orders"}).ok()
    assert done.text.splitlines() == ["early=ok", "early=ok", "main=1"]
    assert hosts.fetches() == 1


@pytest.mark.parametrize("step", [23, pytest.param(2, marks=pytest.mark.full)])
@pytest.mark.parametrize("once", [True, False], ids=["one", "all"])
def test_no_memory_for_us(hosts: Hosts, probes: Path, once: bool, step: int) -> None:
    """Connected, or a clean failure, or libpq's own behaviour; never a crash, and never a lost cache."""
    client = hosts.client
    client.psql("service=orders").ok()
    program: list[str | Path] = [hosts.program("confined"), "plain", "service=orders"]
    env = {"LD_PRELOAD": f"{probes / 'hosts' / 'libfailing_malloc.so'}:{client.library}", **({"FAIL_ONCE": "1"} if once else {})}
    counted = client.run(*program, env={**env, "FAIL_AT": "1000000", "FAIL_TELLS": "1"}, preload=False).ok()
    most = int(counted.values["mallocs"])
    assert most > 50

    def fail_at(at: int) -> tuple[str, str]:
        done = client.run(*program, env={**env, "FAIL_AT": str(at)}, preload=False)
        assert done.code == 0, (at, done.code, done.err)
        values = done.values
        return values["first_status"], re.sub(r"port \d+", "port", values["first_error"])

    with ThreadPoolExecutor(4) as pool:
        seen = set(pool.map(fail_at, range(0, most, step)))
    assert any("no memory or descriptor is left" in words for _, words in seen) or not once
    for status, words in seen:
        assert status == "ok" or words.endswith("\\n"), words
    client.psql("service=orders").ok()
    # Without memory it may have fetched one more, but what was in the cache has stayed.
    connected(hosts.run("confined", "plain"))


def test_no_memory_is_nobody_else(client: Client, lakebase: LocalLakebase, probes: Path) -> None:
    """With a setting lost, the connection would be made as whom the environment says, or into another schema."""
    client.service("orders", "profile=PAT", "endpoint=projects/shop/branches/production/endpoints/primary",
                   "schema=of_nobody_but_the_service_itself")
    client.service("other")
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    ask = [PGBIN / "psql", "-XAtqw", "-c", "select current_user, current_setting('search_path')", "-d"]
    wanted = client.run(*ask, "service=orders").ok().text
    assert wanted == f'{inventory.DEV.name}|"of_nobody_but_the_service_itself"'
    assert client.run(*ask, "service=other").ok().text == f'{inventory.APP.name}|"$user", public'
    env = {"LD_PRELOAD": f"{probes / 'hosts' / 'libfailing_malloc.so'}:{client.library}", "FAIL_ONCE": "1"}
    counted = client.run(*ask, "service=orders", env={**env, "FAIL_AT": "1000000", "FAIL_TELLS": "1"}, preload=False).ok()
    most = int(counted.values["mallocs"])

    def fail_at(at: int) -> str:
        return client.run(*ask, "service=orders", env={**env, "FAIL_AT": str(at)}, preload=False).text

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(fail_at, range(most)))
    assert set(seen) == {wanted, ""}, [(at, text) for at, text in enumerate(seen) if text not in (wanted, "")]


def test_no_memory_at_a_reset_loses_no_schema(client: Client, probes: Path, tmp_path: Path) -> None:
    """A connection that had to wait for its first credential gets user and schema with it, or does not log in."""
    client.service("orders", "profile=PAT", "schema=of_nobody_but_the_service_itself")
    client.psql("service=orders").ok()
    # Without the helper beside it, which no failure is remembered of.
    library = shutil.copy(client.library, tmp_path / client.library.name)
    preload = f"{probes / 'hosts' / 'libfailing_malloc.so'}:{library}"

    def run(at: int, *lines: str) -> dict[str, str]:
        cache = tmp_path / str(at)
        env = client.environment(preload=False, env={
            "LD_PRELOAD": preload, "FAIL_ONCE": "1", "FAIL_AT": str(at), "FAIL_TELLS": "1", "PGLAKEBASE_CACHE_DIR": str(cache)})
        values: dict[str, str] = {}
        with subprocess.Popen([probes / "session_probe"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
            assert session.stdin is not None and session.stdout is not None
            for line in lines:
                session.stdin.write(line + "\n")
                session.stdin.flush()
                for told in session.stdout:
                    name, _, value = told.rstrip("\n").partition("=")
                    values[name] = value
                    if name == "done":
                        break
                if line != lines[-1]:
                    shutil.rmtree(cache, ignore_errors=True)
                    shutil.copytree(client.cache, cache)
            session.stdin.close()
            values |= dict(told.rstrip("\n").split("=", 1) for told in session.stdout if "=" in told)
        return values

    connect = "connectdb service=orders"
    first = int(run(1_000_000, connect)["mallocs"])
    whole = run(1_000_001, connect, "reset")
    assert (whole["status"], whole["user"]) == ("ok", inventory.DEV.name) and "search_path" in whole["options"], whole

    def options_at(at: int) -> str:
        values = run(at, connect, "reset")
        return values["options"] if values["status"] == "ok" else "not connected"

    with ThreadPoolExecutor(4) as pool:
        seen = set(pool.map(options_at, range(first, int(whole["mallocs"]))))
    assert seen == {whole["options"], "not connected"}
