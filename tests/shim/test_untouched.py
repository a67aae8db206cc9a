"""With and without the library: the same output, the same process, the same system calls."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import PGBIN, Client, Outcome
from support.gateway_log import assert_safe_logins
from support.stub import Stub

NATIVE = inventory.NATIVE_ROLE
PLAIN = inventory.PLAIN_ROLE


def both(client: Client, conninfo: str | None, *argv: str, **options: object) -> Outcome:
    """Runs psql twice; what it says must not differ by a byte."""
    ours = client.psql(conninfo, "-w", *argv, **options)
    theirs = client.psql(conninfo, "-w", *argv, preload=False, **options)
    assert ours == theirs
    return ours


def plain(lakebase: LocalLakebase, **more: str) -> str:
    values = {"host": "127.0.0.1", "port": lakebase.ports["plain"], "user": PLAIN, "dbname": inventory.DATABASE, **more}
    return " ".join(f"{name}={value}" for name, value in values.items())


def native(lakebase: LocalLakebase, **more: str) -> str:
    return lakebase.conninfo(user=NATIVE, **more)


def passfile(client: Client, password: str, mode: int = 0o600) -> Path:
    file = client.home / ".pgpass"
    file.write_text(f"*:*:*:*:{password}\n")
    file.chmod(mode)
    return file


# Where the password comes from.
GIVEN = ("call", "environment", "passfile", "section")


def give(client: Client, how: str, password: str) -> tuple[str, dict[str, str]]:
    if how == "passfile":
        passfile(client, password)
    return (f" password={password}" if how == "call" else ""), {"PGPASSWORD": password} if how == "environment" else {}


@pytest.mark.parametrize("how", GIVEN[:3])
def test_plain_postgresql(stubbed: Client, stub: Stub, lakebase: LocalLakebase, how: str, secret_watch) -> None:
    with secret_watch.permitted():
        more, env = give(stubbed, how, lakebase.passwords[PLAIN])
        assert both(stubbed, plain(lakebase) + more, env=env).ok().text == PLAIN
        assert both(stubbed, plain(lakebase, password="wrong")).code == 2
    assert both(stubbed, plain(lakebase, sslmode="disable", port="1")).code == 2
    assert stub.runs() == [] and not stubbed.cache.exists()


@pytest.mark.parametrize("how", GIVEN[:3])
def test_native_password(stubbed: Client, stub: Stub, lakebase: LocalLakebase, how: str, secret_watch) -> None:
    """No directives: what stands there counts."""
    with secret_watch.permitted():
        more, env = give(stubbed, how, lakebase.passwords[NATIVE])
        assert both(stubbed, native(lakebase) + more, env=env).ok().text == NATIVE
    assert {c["password_kind"] for c in lakebase.connections()} == {"other"}
    assert stub.runs() == []


@pytest.mark.parametrize("how", GIVEN)
def test_native_password_of_a_service(stubbed: Client, stub: Stub, lakebase: LocalLakebase, how: str,
                                      secret_watch) -> None:
    """auth=native, and a password in the call or the section itself, are the owner's word."""
    password = lakebase.passwords[NATIVE]
    directives = ["auth=native"] if how in ("environment", "passfile") else ["profile=DEMO"]
    stubbed.service("orders", *directives, user=NATIVE, dbname=inventory.DATABASE, sslmode="require",
                    password=password if how == "section" else None)
    with secret_watch.permitted():
        more, env = give(stubbed, how, password)
        assert both(stubbed, "service=orders" + more, env=env).ok().text == NATIVE
        if how == "call":
            # Also where a variable says the same.
            assert stubbed.psql("service=orders" + more, env={"PGPASSWORD": password}).ok().text == NATIVE
    assert stub.runs() == []


@pytest.mark.parametrize("how", ["environment", "passfile"])
def test_a_stray_password_does_not_switch_a_service_off(stubbed: Client, lakebase: LocalLakebase, how: str) -> None:
    stubbed.service("orders", "profile=DEMO")
    _, env = give(stubbed, how, "stray")
    assert stubbed.psql("service=orders", env=env).ok().text == inventory.APP.name
    assert_safe_logins(lakebase)


BAD = {
    "keyword": "nonsense=1",
    "missing service": "service=nowhere",
    "unterminated": "host='x",
    "uri": "postgres://[::1",
    "sslmode": "host=x sslmode=nonsense",
    "port": "host=127.0.0.1 port=99999999",
    "no answer": "host=127.0.0.1 port=1",
    "no such socket": "host=/nonexistent port=1",
}


@pytest.mark.parametrize("name", BAD)
def test_libpq_s_own_errors(stubbed: Client, name: str) -> None:
    assert both(stubbed, BAD[name]).code == 2


@pytest.mark.parametrize("content", ["[orders\nhost=x\n", "[orders]\nnonsense=1\n", "[orders]\nhost\n",
                                     "[orders]\nservice=other\n", "[orders]\n" + "x" * 9000 + "\n"])
def test_libpq_s_own_words_on_a_service_file(stubbed: Client, content: str) -> None:
    (stubbed.home / ".pg_service.conf").write_text(content)
    assert both(stubbed, "service=orders").code == 2


@pytest.mark.parametrize("how", ["pipe", "named pipe"])
@pytest.mark.parametrize("named", ["call", "environment"])
def test_service_file_that_can_be_read_once(stubbed: Client, stub: Stub, tmp_path: Path, lakebase: LocalLakebase, how: str,
                                            named: str, secret_watch) -> None:
    """`PGSERVICEFILE=<(…)`, say: whoever reads it first has it."""
    section = "[once]\n" + "\n".join(plain(lakebase).split()) + "\n"
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    give = f"exec 9< <(printf '{section}')\nexport PGSERVICEFILE=/dev/fd/9\n" if how == "pipe" else \
        f"printf '{section}' > {fifo} &\nexport PGSERVICEFILE={fifo}\n"
    call = "service=once" if named == "call" else "connect_timeout=20"
    script = give + f'exec {PGBIN}/psql -XAtw -d "{call}" -c "select current_user"'
    env = {"PGPASSWORD": lakebase.passwords[PLAIN], **({"PGSERVICE": "once"} if named == "environment" else {})}
    with secret_watch.permitted():
        assert stubbed.run("/bin/bash", "-c", script, env=env, timeout=20).ok().text == PLAIN
    assert stub.runs() == []


def test_pgservicefile_that_is_not_there(stubbed: Client) -> None:
    assert both(stubbed, "service=orders", env={"PGSERVICEFILE": "/nonexistent"}).code == 2


@pytest.mark.parametrize("host", ["plain", "native"])
def test_one_warning_about_a_readable_passfile(stubbed: Client, lakebase: LocalLakebase, host: str) -> None:
    """libpq warns whenever it looks; it must not look more often for us."""
    passfile(stubbed, "whatever", mode=0o644)
    conninfo = plain(lakebase) if host == "plain" else native(lakebase)
    done = stubbed.psql(conninfo, "-w")
    assert done.err.count(b"WARNING: password file") == 1
    if host == "plain":
        assert done == stubbed.psql(conninfo, "-w", preload=False)


def state(client: Client, probes: Path, conninfo: str, preload: bool = True, **options: object) -> dict[str, str]:
    return client.run(probes / "state_probe", conninfo, preload=preload, **options).ok().values


def differences(values: dict[str, str], when: str) -> dict[str, tuple[str, str]]:
    """What is not as it was before the connect."""
    names = [name.removeprefix("before_") for name in values if name.startswith("before_")]
    return {name: (values[f"before_{name}"], values[f"{when}_{name}"]) for name in names
            if values[f"before_{name}"] != values[f"{when}_{name}"]}


@pytest.mark.parametrize("kind", ["plain", "wrong", "nobody listens", "native"])
def test_state_of_the_process(stubbed: Client, probes: Path, lakebase: LocalLakebase, kind: str, secret_watch) -> None:
    """errno, descriptors, handlers, mask, environment, directory, umask, locale, threads, children."""
    passwords = lakebase.passwords
    conninfo = {
        "plain": plain(lakebase, password=passwords[PLAIN]),
        "wrong": plain(lakebase, password="wrong"),
        "nobody listens": plain(lakebase, port="1"),
        "native": native(lakebase, password=passwords[NATIVE]),
    }[kind]
    with secret_watch.permitted():
        ours = state(stubbed, probes, conninfo)
        theirs = state(stubbed, probes, conninfo, preload=False)
    assert ours == theirs
    assert len(ours) > 30


@pytest.mark.parametrize("cold", [True, False])
def test_state_after_a_lakebase_connect(stubbed: Client, stub: Stub, probes: Path, cold: bool) -> None:
    stubbed.service("orders", "profile=DEMO")
    if not cold:
        stubbed.psql("service=orders").ok()
    runs = len(stub.runs())
    values = state(stubbed, probes, "service=orders")
    assert len(stub.runs()) == runs + cold
    assert values["status"] == "ok"
    assert set(differences(values, "connected")) == {"fds"}
    new = set(values["connected_fds"].split()) - set(values["before_fds"].split())
    assert [fd.partition(":")[2] for fd in new] == ["socket:"]
    assert differences(values, "finished") == {}


@pytest.mark.parametrize("behaviour", ["die", "nothing", "huge", "permanent", "transient"])
def test_state_after_a_failure(stubbed: Client, stub: Stub, probes: Path, behaviour: str) -> None:
    stub.does(behaviour, sentence="it does not work")
    values = state(stubbed, probes, stubbed.direct())
    assert values["status"] == "bad"
    # A failed connection has no socket, whatever the failure.
    assert differences(values, "connected") == differences(values, "finished") == {}


STRACE = ["strace", "-f", "-qq", "-e", "trace=%file,%network,%process", "-o"]
FILES = re.compile(r'^(?:\d+ +)?(\w+)\((?:AT_FDCWD, )?"([^"]*)"')


def traced(client: Client, tmp_path: Path, *argv: str | Path, preload: bool, **options: object) -> list[str]:
    """The system calls, with addresses and process numbers made alike."""
    log = tmp_path / "trace"
    client.run(*argv, preload=preload, prefix=[*STRACE, str(log)], **options)
    lines = log.read_text().splitlines()
    # What /usr/bin/env itself does is not of interest.
    start = max(i for i, line in enumerate(lines) if "execve(" in line and line.endswith("= 0"))
    return [re.sub(r"0x[0-9a-f]+", "ADDRESS", re.sub(r"^\d+ +", "", line)) for line in lines[start + 1:]]


def opened(trace: list[str]) -> Counter[str]:
    return Counter(match[2] for line in trace if (match := FILES.match(line)) and match[1] != "readlink" and match[2])


def extra_files(client: Client, with_us: list[str], without: list[str]) -> set[str]:
    """Besides the library itself."""
    ours, theirs = opened(with_us), opened(without)
    assert ours.pop(str(client.library)) == 1
    assert not theirs - ours, theirs - ours
    return {Path(name).name for name in ours - theirs}


@pytest.mark.parametrize("argv", [("/bin/true",), ("/usr/bin/python3", "-c", "import socket")], ids=["true", "python"])
def test_program_that_never_connects(stubbed: Client, tmp_path: Path, argv: tuple[str, ...]) -> None:
    with_us, without = (traced(stubbed, tmp_path, *argv, preload=preload) for preload in (True, False))
    assert extra_files(stubbed, with_us, without) == set()
    for kind in ("socket(", "clone", "fork("):
        assert sum(kind in line for line in with_us) == sum(kind in line for line in without)


@pytest.mark.parametrize("service", [True, False])
def test_connect_elsewhere_reads_service_files_alone(stubbed: Client, tmp_path: Path, lakebase: LocalLakebase,
                                                     service: bool) -> None:
    conninfo = f"host=127.0.0.1 port={lakebase.ports['plain']} user={PLAIN} sslmode=disable gssencmode=disable"
    if service:
        stubbed.service("other", host="127.0.0.1", port="plain", user=PLAIN, sslmode="disable", gssencmode="disable")
        conninfo = "service=other"
    argv = [PGBIN / "psql", "-Xw", "-d", conninfo, "-c", "select 1"]
    with_us, without = (traced(stubbed, tmp_path, *argv, preload=preload) for preload in (True, False))
    # The error with which libpq is stopped is translated, for which it looks for a catalogue.
    extra = {name for name in extra_files(stubbed, with_us, without) if not name.endswith(".mo")}
    assert extra <= {".pg_service.conf", "pg_service.conf"}
    for kind in ("socket(", "connect(", "clone", "sendto(", "fork("):
        assert sum(line.startswith(kind) for line in with_us) == sum(line.startswith(kind) for line in without)


def test_unix_socket_costs_nothing(stubbed: Client, tmp_path: Path) -> None:
    argv = [PGBIN / "psql", "-Xw", "-d", "host=/nonexistent user=x", "-c", "select 1"]
    with_us, without = (traced(stubbed, tmp_path, *argv, preload=preload) for preload in (True, False))
    assert {name for name in extra_files(stubbed, with_us, without) if not name.endswith(".mo")} == set()
