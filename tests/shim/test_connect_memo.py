"""A process that connects again and again works its connection out once, until anything that it rests on changes."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import build_options
from support.client import Client
from support.gateway_log import assert_safe_logins
from support.roots import Roots
from support.waiting import wait_until

APP, BATCH, DEV = inventory.APP.name, inventory.BATCH.name, inventory.DEV.name
ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
# What is looked at for a connection that is worked out.
LOOKED_AT = ("key", "request-", "credential-")
# A file that was changed a moment ago may change once more without a trace.
LONG_AGO_S = 10
YOUNG_S = 3

PROGRAM = """
import ctypes, json, sys, threading
from os import chdir, seteuid
ctypes.CDLL("libpq.so.5", mode=ctypes.RTLD_GLOBAL)
pq, libc = ctypes.CDLL(None), ctypes.CDLL(None)
pq.PQconnectdb.restype = pq.PQerrorMessage.restype = pq.PQexec.restype = pq.PQgetvalue.restype = ctypes.c_void_p
for name in ("PQconnectdb", "PQstatus", "PQerrorMessage", "PQfinish"):
    getattr(pq, name).argtypes = [ctypes.c_void_p]
pq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
pq.PQgetvalue.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]

def connect(conninfo, sql):
    connection = pq.PQconnectdb(ctypes.c_char_p(conninfo.encode()))
    if pq.PQstatus(connection) == 0:
        said = ctypes.string_at(pq.PQgetvalue(pq.PQexec(connection, sql.encode()), 0, 0))
    else:
        said = ctypes.string_at(pq.PQerrorMessage(connection))
    pq.PQfinish(connection)
    return said.decode()

def set_user(library, token):
    ctypes.CDLL(library).pglakebase_set_user_token(None if token is None else token.encode())

def connect_in_threads(threads, rounds, *names):
    said = [set() for _ in names]
    def work(first):
        for number in range(first, first + rounds):
            said[number % len(names)].add(connect(names[number % len(names)], "select current_user"))
    running = [threading.Thread(target=work, args=(first,)) for first in range(threads)]
    [thread.start() for thread in running]
    [thread.join() for thread in running]
    return [sorted(words) for words in said]

def setenv(name, value):
    return libc.unsetenv(name.encode()) if value is None else libc.setenv(name.encode(), value.encode(), 1)

for line in sys.stdin:
    what, *arguments = json.loads(line)
    print(json.dumps(globals()[what](*arguments)), flush=True)
"""


class Living:
    """A program of which every file that it opens is noted."""

    def __init__(self, client: Client, trace: Path) -> None:
        self.client = client
        self.trace = trace
        self.process = subprocess.Popen(
            ["strace", "-qq", "-e", "trace=openat", "-o", str(trace), "env", f"LD_PRELOAD={client.preload}",
             "/usr/bin/python3", "-c", PROGRAM], env=client.environment(preload=False), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def ask(self, *what: str | int | None) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def connect(self, conninfo: str = "service=orders", sql: str = "select current_user") -> str:
        return str(self.ask("connect", conninfo, sql))

    def opened(self, act: Callable[[], object]) -> list[str]:
        """What it opened meanwhile."""
        before = len(self.trace.read_text().splitlines())
        act()
        return self.trace.read_text().splitlines()[before:]

    def worked_out(self, conninfo: str = "service=orders") -> bool:
        """Was the next connection worked out? It succeeds."""
        opened = self.opened(lambda: self.connect(conninfo))
        seen = {name for name in LOOKED_AT for line in opened if f'"{name}' in line}
        assert seen in (set(), set(LOOKED_AT))
        return seen != set()

    def settle(self) -> None:
        """Time passes for all files, the cache's directory last."""
        authority = self.client.lakebase.ca_file
        assert wait_until(lambda: time.time() - authority.stat().st_mtime > YOUNG_S)
        then = time.time() - LONG_AGO_S
        for file in [*self.client.home.rglob("*"), self.client.cache]:
            os.utime(file, (then, then))

    def remember(self, conninfo: str = "service=orders") -> None:
        for _ in range(2):
            self.connect(conninfo)
        self.settle()
        for _ in range(2):
            assert self.worked_out(conninfo)
        assert not self.worked_out(conninfo)

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture
def living(client: Client, build: Path, tmp_path: Path, lakebase: LocalLakebase) -> Iterator[Living]:
    if build_options(build)["b_sanitize"] != "none":
        pytest.skip("strace and the sanitizers' run time do not go together")
    workspace = lakebase.workspace()
    client.env |= {"DATABRICKS_HOST": workspace["url"], "DATABRICKS_CLIENT_ID": APP,
                   "DATABRICKS_CLIENT_SECRET": workspace["secrets"][APP]}
    client.service("orders", ENDPOINT)
    client.service("other", "profile=PAT", ENDPOINT)
    made = Living(client, tmp_path / "trace")
    yield made
    made.end()
    assert_safe_logins(lakebase)


def test_only_the_service_file_of_libpq_s_own_is_read(living: Living) -> None:
    living.remember()
    opened = living.opened(lambda: living.connect())
    assert [line for line in opened if str(living.client.cache) in line] == []
    assert sum(".pg_service.conf" in line for line in opened) == 1


def test_calls_are_told_apart(living: Living) -> None:
    living.remember()
    living.remember("service=other")
    for _ in range(3):
        assert (living.connect(), living.connect("service=other")) == (APP, DEV)
    assert not living.worked_out() and not living.worked_out("service=other")
    # Another word more is another call.
    assert living.worked_out("service=orders application_name=x")


def test_many_kinds_of_calls(living: Living) -> None:
    """More than are remembered."""
    names = [f"service={'orders' if n % 2 else 'other'} application_name=a{n}" for n in range(10)]
    living.connect()
    living.settle()
    for _ in range(4):
        assert [living.connect(name) for name in names] == [DEV, APP] * 5


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_service_file_changes(living: Living) -> None:
    living.remember()
    edit(living.client.home / ".pg_service.conf", "[orders]", "[orders]\n#lakebase: schema=app")
    assert living.connect(sql="show search_path") == '"app"'


def test_service_file_is_replaced_by_one_that_looks_like_it(living: Living) -> None:
    """Of the same size and time."""
    file = living.client.home / ".pg_service.conf"
    edit(file, "[orders]", "[orders]\n#lakebase: schema=one")
    living.remember()
    then = file.stat()
    other = file.with_name("other")
    other.write_text(file.read_text().replace("schema=one", "schema=two"))
    other.chmod(0o600)
    os.utime(other, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert other.stat().st_size == then.st_size
    other.rename(file)
    assert living.connect(sql="show search_path") == '"two"'


@pytest.mark.parametrize("name, value, who", [("PGLAKEBASE_PROFILE", "PAT", DEV), ("DATABRICKS_CONFIG_PROFILE", None, APP)])
def test_environment_changes(living: Living, name: str, value: str | None, who: str) -> None:
    living.remember()
    living.ask("setenv", name, value)
    assert living.connect() == who
    living.ask("setenv", name, None)
    assert living.connect() == APP


def test_other_identity_in_the_environment(living: Living, lakebase: LocalLakebase) -> None:
    living.remember()
    living.ask("setenv", "DATABRICKS_CLIENT_ID", BATCH)
    living.ask("setenv", "DATABRICKS_CLIENT_SECRET", lakebase.workspace()["secrets"][BATCH])
    assert living.connect() == BATCH


def test_profile_changes(living: Living, tmp_path: Path, lakebase: LocalLakebase) -> None:
    file = tmp_path / "databrickscfg"
    workspace = lakebase.workspace()
    file.write_text(f"[MINE]\nhost={workspace['url']}\ntoken={workspace['pats'][DEV]}\n")
    file.chmod(0o600)
    then = time.time() - LONG_AGO_S
    os.utime(file, (then, then))
    living.ask("setenv", "DATABRICKS_CONFIG_FILE", str(file))
    living.ask("setenv", "PGLAKEBASE_PROFILE", "MINE")
    living.remember()
    assert living.connect() == DEV
    edit(file, workspace["pats"][DEV], workspace["pats"][BATCH])
    assert living.connect() == BATCH


def test_a_root_file_of_the_user_s_own_comes(living: Living, lakebase: LocalLakebase) -> None:
    """It counts where the call itself asks for verification."""
    conninfo = "service=orders sslmode=verify-full"
    living.remember(conninfo)
    file = living.client.home / ".postgresql" / "root.crt"
    file.parent.mkdir()
    file.write_bytes(lakebase.other_ca_file.read_bytes())
    assert "certificate verify failed" in living.connect(conninfo)


def test_own_root_that_becomes_a_public_one(living: Living, lakebase: LocalLakebase) -> None:
    """With verify-ca it matters what stands in the file, and each connection looks."""
    living.connect()
    lakebase.use_certificate("wrong-host", "gateway")
    file = living.client.home / "root.pem"
    file.write_bytes(lakebase.ca_file.read_bytes())
    then = time.time() - LONG_AGO_S
    os.utime(file, (then, then))
    living.ask("setenv", "SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    conninfo = f"service=orders sslmode=verify-ca sslrootcert={file}"
    assert [living.connect(conninfo) for _ in range(2)] == [APP] * 2
    living.settle()
    for _ in range(4):
        assert living.worked_out(conninfo)
    file.write_bytes(lakebase.ca_file.read_bytes() + Path("/etc/ssl/certs/ca-certificates.crt").read_bytes())
    assert "does not match host name" in living.connect(conninfo)


def test_relative_paths_are_worked_out(living: Living, tmp_path: Path, lakebase: LocalLakebase) -> None:
    workspace = lakebase.workspace()
    for who in (DEV, BATCH):
        directory = tmp_path / who
        directory.mkdir()
        (directory / "cfg").write_text(f"[MINE]\nhost={workspace['url']}\ntoken={workspace['pats'][who]}\n")
        (directory / "cfg").chmod(0o600)
    living.ask("setenv", "DATABRICKS_CONFIG_FILE", "cfg")
    living.ask("setenv", "PGLAKEBASE_PROFILE", "MINE")
    living.ask("chdir", str(tmp_path / DEV))
    living.connect()
    living.settle()
    for who in (DEV, BATCH, DEV):
        living.ask("chdir", str(tmp_path / who))
        assert [living.connect() for _ in range(4)] == [who] * 4


def test_password_file_comes(living: Living, lakebase: LocalLakebase) -> None:
    """A native password in it counts where no service says who signs in."""
    (living.client.home / ".pg_service.conf").write_text("")
    conninfo = living.client.direct()
    living.remember(conninfo)
    assert living.connect(conninfo) == APP
    file = living.client.home / ".pgpass"
    file.write_text("*:*:*:*:a native one\n")
    file.chmod(0o600)
    assert living.connect(conninfo) != APP
    lakebase.forget()
    file.unlink()
    assert living.connect(conninfo) == APP


def test_bundle_changes(living: Living, tmp_path: Path, lakebase: LocalLakebase) -> None:
    """What vouched for the server before does so no more."""
    roots = Roots(living.client, tmp_path / "bundle.crt")
    living.ask("setenv", "SSL_CERT_FILE", str(roots.bundle))
    living.connect()
    then = time.time() - LONG_AGO_S
    os.utime(roots.bundle, (then, then))
    living.connect()
    time.sleep(1)
    living.remember()
    roots.write_bundle(lakebase.other_ca_file)
    assert "certificate verify failed" in living.connect()
    roots.write_bundle(lakebase.ca_file)
    assert living.connect() == APP


def test_cache_is_forgotten(living: Living, lakebase: LocalLakebase) -> None:
    living.remember()
    calls = lakebase.calls(CREDENTIALS)
    for file in living.client.cache.iterdir():
        file.unlink()
    assert living.connect() == APP
    assert lakebase.calls(CREDENTIALS) == calls + 1


def test_newer_credential_comes(living: Living, lakebase: LocalLakebase) -> None:
    """Somebody else's refresh is seen at the next connection."""
    living.remember()
    [record] = living.client.cache.glob("credential-*")
    copy = record.with_name("new-0123456789abcdef")
    copy.write_bytes(record.read_bytes())
    copy.chmod(0o600)
    copy.rename(record)
    assert living.worked_out()


def test_ageing_credential_is_renewed(living: Living, lakebase: LocalLakebase) -> None:
    lakebase.set_token_lifetime(8)
    living.connect()
    living.settle()
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert living.connect() == APP
        time.sleep(0.05)
    assert 3 <= lakebase.calls(CREDENTIALS) <= 8
    # None was refused and made good by a second one.
    assert {login["result"] for login in lakebase.connections()} <= {"ok", "open"}


def test_user_of_the_thread_comes(living: Living, build: Path, lakebase: LocalLakebase) -> None:
    living.remember()
    library = str(build / "src" / "user" / "libpglakebase-user.so.0")
    living.ask("set_user", library, lakebase.workspace()["pats"][DEV])
    for _ in range(4):
        assert living.connect() == DEV
    living.ask("set_user", library, None)
    assert living.connect() == APP


def test_threads_in_turn(living: Living) -> None:
    living.connect()
    living.settle()
    for _ in range(3):
        assert living.ask("connect_in_threads", 8, 20, "service=orders", "service=other") == [[APP], [DEV]]


def test_switched_off(living: Living) -> None:
    living.remember()
    living.ask("setenv", "PGLAKEBASE", "off")
    assert living.connect() != APP


def test_log_hears_of_everything(living: Living, tmp_path: Path) -> None:
    living.remember()
    living.ask("setenv", "PGLAKEBASE_LOG", str(tmp_path / "log"))
    for _ in range(4):
        assert living.worked_out()


@contextmanager
def ways_open(*files: Path) -> Iterator[None]:
    """Anybody can go there, and see that the files are as they were."""
    modes = {way: way.stat().st_mode for file in files for way in file.parents}
    for way, mode in modes.items():
        # Who has put root's rights aside may still have its group.
        way.chmod(mode | 0o011)
    try:
        yield
    finally:
        for way, mode in modes.items():
            way.chmod(mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_other_user(living: Living) -> None:
    """What root remembers is not for whom it becomes."""
    living.remember()
    living.ask("seteuid", 65534)
    # Root's service file cannot be read any more.
    assert 'definition of service "orders" not found' in living.connect()
    living.ask("seteuid", 0)
    assert living.connect() == APP


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_other_user_who_sees_the_same_files(living: Living) -> None:
    client = living.client
    services = client.home / ".pg_service.conf"
    services.chmod(0o644)
    living.remember()
    before = client.lakebase.calls(CREDENTIALS)
    with ways_open(services, client.cache, client.lakebase.ca_file):
        living.ask("seteuid", 65534)
        said = living.connect()
        # Signed in for itself, or could not, where the helper is out of its reach.
        assert said != APP or client.lakebase.calls(CREDENTIALS) == before + 1
        living.ask("seteuid", 0)
    assert living.connect() == APP
