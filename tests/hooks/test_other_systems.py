"""The hooks on an older glibc, where dlsym() stands in libdl, and on another processor."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lakebase import inventory
from support import aarch64, libpqs
from support.build import helper
from support.client import Client
from support.debian import unpacked

from .conftest import PROBES

pytestmark = pytest.mark.full
APP = inventory.APP.name
WAYS = ["connectdb", "params", "start", "reset"]


def test_older_glibc(client: Client, tmp_path: Path) -> None:
    packages = ["libc6", "libc6-dev", "linux-libc-dev", "libreadline8", "libtinfo6", "postgresql-client-13"]
    root = unpacked("bullseye-amd64", "bullseye", "amd64", packages)
    libpqs.install()
    libraries = [root / "lib/x86_64-linux-gnu", root / "usr/lib/x86_64-linux-gnu", libpqs.library_path(15)]
    program = tmp_path / "dlsym_client"
    command = ["gcc", "-w", f"--sysroot={root}", f"-B{libraries[1]}", "-I/usr/include/postgresql", "-o", program,
               PROBES / "dlsym_client.c", "-ldl"]
    subprocess.run([str(word) for word in command], check=True)
    linker = [libraries[0] / "ld-2.31.so", "--library-path", ":".join(map(str, libraries)), "--preload", client.library]
    for way in WAYS:
        done = client.run(*linker, program, way, "service=orders", "libpq.so.5", preload=False)
        assert done.ok().text == f"15 {APP}"


@pytest.fixture
def emulated_library(build: Path, tmp_path: Path) -> Path:
    library = tmp_path / "aarch64" / "shim" / "libpglakebase.so"
    for file, source in ((library, aarch64.library()), (tmp_path / "aarch64" / "cli" / helper(build).name, helper(build))):
        file.parent.mkdir(parents=True)
        shutil.copy(source, file)
    return library


def test_aarch64(client: Client, emulated_library: Path, tmp_path: Path) -> None:
    """Found by dlsym(), and by a module that is opened with RTLD_DEEPBIND; the linker says the same otherwise."""
    root = aarch64.root()
    libraries = root / "usr/lib/aarch64-linux-gnu"

    def compile(name: str, source: str, *words: object) -> Path:
        shared = ["-shared", "-fPIC"] if ".so" in name else []
        command = ["aarch64-linux-gnu-gcc", "-w", *shared, "-I", root / "usr/include/postgresql", "-o", tmp_path / name,
                   PROBES / f"{source}.c", *words]
        subprocess.run([str(word) for word in command], check=True)
        return tmp_path / name

    def run(*argv: object, preload: bool = True, **env: str) -> str:
        emulator = [aarch64.QEMU, "-L", root, *(["-E", f"LD_PRELOAD={emulated_library}"] if preload else [])]
        return client.run(*emulator, *argv, preload=False, env=env).ok().text

    program = compile("dlsym_client", "dlsym_client")
    for way in WAYS:
        assert run(program, way, "service=orders", "libpq.so.5") == f"15 {APP}"

    answer = compile("libanswer.so", "answer")
    host = compile("deepbind_host", "deepbind_host", "-rdynamic")
    indirect = f"-Wl,-rpath-link,{libraries}:{root}/lib/aarch64-linux-gnu"
    module = [answer, "-L", libraries, indirect, "-lpq", f"-Wl,-rpath,{tmp_path}"]
    deep = compile("pgsql.so", "deepbind_module", *module)
    assert run(host, deep, "service=orders").splitlines() == ["answer 0", f"user {APP}"]
    assert run(host, deep, "service=orders", PGLAKEBASE_HOOKS="off").splitlines()[0] == "answer 1"
    assert run(host, compile("other.so", "deepbind_module", *module), "service=orders").splitlines()[0] == "answer 1"

    other = compile("libpq-other.so", "not_libpq")
    facts = [compile("facts", "facts"), "libpq.so.5", other, compile("plugin.so", "facts_plugin")]
    without = run(*facts, preload=False)
    assert len(without.splitlines()) > 40 and run(*facts) == without
