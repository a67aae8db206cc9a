"""Programs that find libpq's functions with dlsym() and a handle: ctypes, Fiddle, FFI, JNA, .NET."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import libpqs
from support.client import PGBIN, Client
from support.gateway_log import assert_safe_logins

from .conftest import SYSTEM_LIBPQ

APP = inventory.APP.name
Compile = Callable[..., Path]
WAYS = ["connectdb", "params", "start", "reset"]


@pytest.mark.parametrize("way", WAYS)
def test_connects(client: Client, lakebase: LocalLakebase, compiled: Compile, way: str) -> None:
    program = compiled("dlsym_client")
    assert client.run(program, way, "service=orders", SYSTEM_LIBPQ).ok().text == f"15 {APP}"
    # A token that is refused is replaced, as for everybody else.
    lakebase.revoke_all()
    assert client.run(program, way, "service=orders", SYSTEM_LIBPQ).ok().text == f"15 {APP}"
    assert_safe_logins(lakebase)


@pytest.fixture
def bound_to_itself(client: Client, tmp_path: Path) -> Path:
    """No call of its own comes by, so that nothing but the hook can reach it; and it has a wheel's name."""
    libpqs.install()
    path = libpqs.library_path(17)
    archive, *others = libpqs.static_library(17)
    made = tmp_path / "libpq-3f9a1c7e.so.5.17"
    command = ["gcc", "-shared", "-Wl,-Bsymbolic", "-o", made, "-Wl,--whole-archive", archive, "-Wl,--no-whole-archive", *others,
               path / "libssl.so.1.1", path / "libcrypto.so.1.1", "-lm", "-lpthread"]
    subprocess.run([str(word) for word in command], check=True)
    client.env["LD_LIBRARY_PATH"] = str(path)
    return made


@pytest.mark.parametrize("linked", [False, True], ids=["alone", "program has one, too"])
def test_libpq_bound_to_itself(client: Client, lakebase: LocalLakebase, compiled: Compile, bound_to_itself: Path, linked: bool) -> None:
    program = compiled("dlsym_client", *(["-Wl,--no-as-needed", "-lpq"] if linked else []))
    argv = ["service=orders", bound_to_itself, *([SYSTEM_LIBPQ] if linked else [])]
    for way in WAYS:
        said = client.run(program, way, *argv).ok().text.splitlines()
        assert said == [f"17 {APP}", *([f"17 {APP}"] if linked else [])]
        off = client.run(program, way, *argv, env={"PGLAKEBASE_HOOKS": "off"}).ok().text.splitlines()
        assert "fe_sendauth: no password supplied" in off[0]
    assert_safe_logins(lakebase)


def test_each_libpq_gets_its_own(client: Client, lakebase: LocalLakebase, compiled: Compile) -> None:
    libpqs.install()
    versions = [18, 14, 17]
    libraries = [libpqs.library_path(version) / "libpq.so.5" for version in versions]
    expected = [f"{version} {APP}" for version in versions]
    for way in WAYS:
        assert client.run(compiled("dlsym_client"), way, "service=orders", *libraries).ok().text.splitlines() == expected
    assert_safe_logins(lakebase)


def test_more_libpqs_than_slots(client: Client, compiled: Compile) -> None:
    """The fifth is as without the hook: its calls of its own functions may come by, and nothing breaks."""
    libpqs.install()
    versions = [18, 14, 15, 16, 17, 18]
    libraries = [libpqs.library_path(version) / "libpq.so.5" for version in versions]
    said = client.run(compiled("dlsym_client"), "connectdb", "service=orders", *libraries).ok().text.splitlines()
    assert said[:4] == [f"{version} {APP}" for version in versions[:4]]
    assert [line.split()[0] for line in said] == [str(version) for version in versions]


@pytest.mark.parametrize("version", ["old", "new"])
def test_both_versions_of_dlsym(client: Client, compiled: Compile, version: str) -> None:
    program = compiled("dlsym_client", *(["-DOLD_VERSION"] if version == "old" else []))
    wanted = subprocess.run(["nm", "-D", str(program)], capture_output=True, text=True, check=True).stdout
    suffix = "GLIBC_2.2.5" if version == "old" else "GLIBC_2.34"
    assert f"dlsym@{suffix}" in wanted and f"dlopen@{suffix}" in wanted
    assert client.run(program, "connectdb", "service=orders", SYSTEM_LIBPQ).ok().text == f"15 {APP}"


@pytest.mark.parametrize("variable", ["PGLAKEBASE_HOOKS", "PGLAKEBASE"])
def test_switches(client: Client, compiled: Compile, variable: str) -> None:
    """Without the hooks libpq's own calls come by, so that of PQconnectdb's alone nothing can be seen: pointers tell."""
    program = ("import ctypes\n" "pq = ctypes.CDLL('libpq.so.5')\n" "at = ctypes.cast(pq.PQconnectdb, ctypes.c_void_p).value\n"
               "for line in open('/proc/self/maps'):\n" "  first, last = (int(x, 16) for x in line.split()[0].split('-'))\n"
               "  if first <= at < last: print(line.split('/')[-1].strip())\n")
    assert client.run("/usr/bin/python3", "-c", program).ok().text == "libpglakebase.so"
    for value in ("off", "OFF", "0", "no"):
        assert client.run("/usr/bin/python3", "-c", program, env={variable: value}).ok().text.startswith("libpq.so.5")
    assert client.run("/usr/bin/python3", "-c", program, env={variable: "on"}).ok().text == "libpglakebase.so"


@pytest.mark.parametrize("order", ["before", "behind", "around"])
def test_second_preload_with_rtld_next(client: Client, lakebase: LocalLakebase, compiled: Compile, tmp_path: Path, order: str) -> None:
    """Each finds what comes after itself: the caller's place is what counts, and nobody is entered twice."""
    second = compiled("second.so", source="second_preload")
    third = compiled("third.so", source="second_preload")
    places = {"before": [second, client.library], "behind": [client.library, second],
              "around": [second, client.library, third]}[order]
    psql = [PGBIN / "psql", "-XAtw", "-c", "select current_user", "service=orders"]
    done = client.run(*psql, env={"LD_PRELOAD": " ".join(map(str, places))}, preload=False).ok()
    assert done.text == APP
    assert done.error.splitlines() == ["connects=1 missing=0"] * (len(places) - 1)
    assert len(assert_safe_logins(lakebase)) == 1


@pytest.mark.parametrize("order", ["before", "behind"])
def test_second_preload_that_hooks_as_well(client: Client, compiled: Compile, order: str) -> None:
    """Both see the program's look-up."""
    second = compiled("second.so", "-DHOOKS_TOO", source="second_preload")
    places = [second, client.library] if order == "before" else [client.library, second]
    done = client.run(compiled("dlsym_client"), "connectdb", "service=orders", SYSTEM_LIBPQ,
                      env={"LD_PRELOAD": " ".join(map(str, places))}, preload=False).ok()
    assert done.text == f"15 {APP}"
    assert done.error == "opened=1 looked_up=1"


def test_preloaded_twice(client: Client, compiled: Compile, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "shim" / "libpglakebase.so"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(client.library.read_bytes())
    (tmp_path / "copy" / "cli").symlink_to(client.library.parent.parent / "cli")
    for way in WAYS:
        done = client.run(compiled("dlsym_client"), way, "service=orders", SYSTEM_LIBPQ,
                          env={"LD_PRELOAD": f"{client.library} {copy}"}, preload=False).ok()
        assert done.text == f"15 {APP}"


def test_the_linker_says_the_same(client: Client, compiled: Compile, tmp_path: Path) -> None:
    """Errors and their order, errno, namespaces, RUNPATH and place of the caller."""
    compiled("libbeside.so", source="not_libpq")
    beside = tmp_path / "beside"
    beside.mkdir()
    (tmp_path / "libbeside.so").rename(beside / "libbeside.so")
    plugin = compiled("plugin.so", f"-Wl,-rpath,{beside}", "-Wl,--enable-new-dtags", source="facts_plugin")
    other = compiled("libpq-other.so", source="not_libpq")
    argv = [compiled("facts"), SYSTEM_LIBPQ, other, plugin]
    with_us = client.run(*argv).ok().text.splitlines()
    without = client.run(*argv, preload=False).ok().text.splitlines()
    assert len(without) > 40 and "beside: found" in without
    assert with_us == without


def test_found_by_a_malloc_of_the_programs_own(client: Client, compiled: Compile) -> None:
    """It asks for the next malloc() before there is one; we need none, either."""
    early = compiled("early.so", source="early_malloc")
    for preload in (f"{early}", f"{early} {client.library}", f"{client.library} {early}"):
        done = client.run("/bin/true", env={"LD_PRELOAD": preload}, preload=False).ok()
        assert done.error == "came back: 0"


@pytest.mark.parametrize("allocator", ["libjemalloc.so.2", "libtcmalloc_minimal.so.4"])
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_allocators(client: Client, compiled: Compile, allocator: str, first: bool) -> None:
    other = f"/usr/lib/x86_64-linux-gnu/{allocator}"
    assert Path(other).exists(), f"{other} is missing: scripts/install-deps"
    preload = f"{other} {client.library}" if first else f"{client.library} {other}"
    done = client.run(compiled("dlsym_client"), "start", "service=orders", SYSTEM_LIBPQ, env={"LD_PRELOAD": preload}, preload=False)
    assert (done.ok().text, done.error) == (f"15 {APP}", "")


SANITIZERS = [("gcc", "address"), ("gcc", "thread"), ("clang-14", "address"), ("clang-14", "thread"), ("clang-14", "memory")]


@pytest.mark.parametrize(("compiler", "sanitizer"), SANITIZERS)
def test_sanitized_programs(client: Client, compiled: Compile, compiler: str, sanitizer: str) -> None:
    """Their run times stand in front of dlopen(), and look functions up before anything else runs."""
    program = compiled("dlsym_client", f"-fsanitize={sanitizer}", compiler=compiler)
    runtime = {"address": "libasan.so", "thread": "libtsan.so"}.get(sanitizer)
    preload = [str(client.library)]
    if compiler == "gcc":
        name = f"-print-file-name={runtime}"
        preload.insert(0, subprocess.run(["gcc", name], capture_output=True, text=True, check=True).stdout.strip())
    # What libpq itself writes into memory, the memory sanitizer does not see.
    conninfo = "service=orders" if sanitizer != "memory" else "host=/nonexistent"
    done = client.run(program, "connectdb", conninfo, SYSTEM_LIBPQ, preload=False,
                      env={"LD_PRELOAD": " ".join(preload), "ASAN_OPTIONS": "detect_leaks=0", "MSAN_OPTIONS": "exit_code=0"})
    if sanitizer == "memory":
        assert "DEADLYSIGNAL" not in done.error
    else:
        assert (done.ok().text, done.error) == (f"15 {APP}", "")


def test_valgrind(client: Client, compiled: Compile) -> None:
    done = client.run(compiled("dlsym_client"), "connectdb", "service=orders", SYSTEM_LIBPQ,
                      prefix=["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"])
    assert (done.ok().text, done.error) == (f"15 {APP}", "")
