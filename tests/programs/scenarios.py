"""Three scenarios for every program: it connects; its token expires; its token is refused although it should be good."""

from __future__ import annotations

import contextlib
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.waiting import wait_until

from .programs import PSQL, Program

APP = inventory.APP.name
LIFE = 3
EXPIRY = LIFE + 1.3
# What psql's conninfo command prints besides the answer.
CONNINFO = ("You are connected", "SSL connection")


class World:
    def __init__(self, client: Client, lakebase: LocalLakebase, directory: Path) -> None:
        self.client = client
        self.lakebase = lakebase
        self.directory = directory

    def environment(self, program: Program) -> dict[str, str]:
        return {**program.env, "LAKEBASE_HOST": self.lakebase.hosts["demo"], "LAKEBASE_PORT": str(self.lakebase.ports["gateway"]),
                "PGHOSTADDR": "127.0.0.1"} if "ODBC" in program.name else dict(program.env)

    def start(self, argv: list[str], env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(argv, env=self.client.environment(env=env), cwd=self.directory, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)

    def logins(self) -> list[dict[str, object]]:
        return [c for c in self.lakebase.connections() if c["password_received"]]

    def results(self) -> list[str]:
        return [str(login["result"]) for login in self.logins()]

    def tokens(self) -> set[str]:
        return {str(login["password_sha256"]) for login in self.logins()}

    def short_lived(self) -> None:
        self.long_lived()
        self.lakebase.set_token_lifetime(LIFE)

    def long_lived(self) -> None:
        """What was fetched so far is forgotten, but not that it was ours."""
        self.lakebase.set_token_lifetime(None)
        for record in self.client.cache.glob("credential-*"):
            record.unlink(missing_ok=True)
        self.lakebase.forget()

    def superuser(self, sql: str) -> str:
        [socket] = (self.lakebase.directory).rglob(".s.PGSQL.*[0-9]")
        where = f"host={socket.parent} port={socket.name.rpartition('.')[2]} user=postgres dbname={inventory.DATABASE}"
        done = subprocess.run([PSQL[0], "-XAtqw", "-d", where, "-c", sql], capture_output=True, text=True, check=True, timeout=30)
        return done.stdout.strip()

    def was_refused_once(self) -> None:
        """One login with the revoked token, and then none with it."""
        results = self.results()
        assert [result for result in results if result != "ok"] and results[-1] == "ok", results


def ask(process: "subprocess.Popen[str]", line: str) -> str:
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except BrokenPipeError:
        pass
    ready, _, _ = select.select([process.stdout], [], [], 30)
    answer = process.stdout.readline() if ready else ""
    while answer.startswith(CONNINFO):
        answer = process.stdout.readline()
    if not answer:
        process.kill()
        raise AssertionError(process.stderr.read())
    return answer.strip()


@contextlib.contextmanager
def running(world: World, argv: list[str], env: dict[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    process = world.start(argv, env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def steps(world: World, first: Callable[[], object], again: Callable[[], object]) -> None:
    """`first` and `again` each log in anew, and raise if that fails."""
    world.short_lived()
    first()
    time.sleep(EXPIRY)
    again()
    assert len(world.tokens()) >= 2 and set(world.results()) == {"ok"}, world.logins()
    world.long_lived()
    time.sleep(EXPIRY)
    again()
    world.lakebase.revoke_all()
    again()
    world.was_refused_once()


def conversation(world: World, program: Program) -> None:
    argv = program.build(world.directory) if program.build is not None else program.argv
    with running(world, argv, world.environment(program)) as process:

        def say(line: str) -> None:
            assert ask(process, line) == APP

        steps(world, lambda: say(program.first), lambda: say(program.again))


def command(world: World, program: Program) -> None:
    def run() -> None:
        world.client.run(*program.argv, env=program.env).ok()

    steps(world, run, run)


def session(world: World, program: Program) -> None:
    """It logs in once, and goes on after the token's end and after it was revoked."""
    world.short_lived()
    with running(world, program.argv) as process:
        assert ask(process, program.first) == APP
        ends = time.monotonic() + EXPIRY
        while time.monotonic() < ends:
            assert ask(process, "") in (APP, "")
        world.lakebase.revoke_all()
        assert {ask(process, "") for _ in range(4)} <= {APP, ""}
    assert world.results() == ["ok"]


def busy(world: World, program: Program) -> None:
    """It logs in all the time, over the end of the token and its revocation."""
    for revoke in (False, True):
        if revoke:
            world.long_lived()
        else:
            world.short_lived()
        process = world.start(program.argv)
        time.sleep(3)
        if revoke:
            world.lakebase.revoke_all()
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0 and "number of transactions actually processed" in out, (out, err)
        assert len(world.tokens()) >= 2, err
        if not revoke:
            assert set(world.results()) == {"ok"}


@contextlib.contextmanager
def blocked(world: World, argv: list[str], block: str, release: str) -> Iterator["subprocess.Popen[str]"]:
    """It has connected, waits for a lock until the end of the block, and only then starts what else connects."""
    with contextlib.ExitStack() as stack:
        holder = stack.enter_context(running(world, PSQL))
        assert ask(holder, block + "select current_user;\n") == APP
        process = stack.enter_context(running(world, argv))
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        assert wait_until(lambda: world.superuser(waiting) == "1" or process.poll() is not None, 20)
        assert process.poll() is None, process.communicate()
        yield process
        assert ask(holder, release + "select current_user;\n") == APP
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, (out, err)


TABLES = "".join(f"drop table if exists programs_{n}; create table programs_{n} as select generate_series(1, 100) x; " for n in range(6))
DROP = "".join(f"drop table if exists programs_{n}; " for n in range(6))


def over_both(world: World, blocked_run: Callable[[str], "contextlib.AbstractContextManager[object]"]) -> None:
    for what in ("expiry", "revocation"):
        if what == "expiry":
            world.short_lived()
        else:
            world.long_lived()
        with blocked_run(what):
            before = world.tokens()
            if what == "expiry":
                time.sleep(EXPIRY)
            else:
                world.lakebase.revoke_all()
        assert len(world.tokens() - before) >= 1, (what, world.logins())
        assert len(world.logins()) >= 4


def dump(world: World, program: Program) -> None:
    world.client.run(*PSQL, "-c", TABLES).ok()

    def run(what: str) -> "contextlib.AbstractContextManager[object]":
        return blocked(world, [*program.argv, "-f", str(world.directory / what)],
                       "begin; lock table programs_0 in access exclusive mode; ", "commit; ")

    over_both(world, run)
    world.client.run(*PSQL, "-c", DROP).ok()


def dump_all(world: World, program: Program) -> None:
    """Roles and data; each database is dumped by a process of its own, the last ones after the token's end."""
    world.client.run(*PSQL, "-c", TABLES).ok()
    files = []

    def run(what: str) -> "contextlib.AbstractContextManager[object]":
        files.append(world.directory / what)
        return blocked(world, [*program.argv, "-f", str(files[-1])], "begin; lock table programs_0 in access exclusive mode; ", "commit; ")

    world.superuser(f'grant pg_read_all_data to "{APP}"')
    try:
        over_both(world, run)
    finally:
        world.superuser(f'revoke pg_read_all_data from "{APP}"')
    for file in files:
        text = file.read_text()
        assert f'CREATE ROLE "{APP}"' in text and "COPY public.programs_5" in text and text.count("\n\\connect ") == 3, file
    world.client.run(*PSQL, "-c", DROP).ok()


def restore(world: World, program: Program) -> None:
    world.client.run(*PSQL, "-c", TABLES).ok()
    made = world.directory / "made"
    world.client.run(Path(PSQL[0]).parent / "pg_dump", "-w", "-Fd", "-O", "-t", "programs_*", "-f", made, "-d", "service=orders").ok()

    def run(what: str) -> "contextlib.AbstractContextManager[object]":
        world.client.run(*PSQL, "-c", DROP).ok()
        return blocked(world, [*program.argv, str(made)], "begin; create table programs_0 (x int); ", "rollback; ")

    over_both(world, run)
    assert world.client.run(*PSQL, "-c", "select count(*) from programs_5").ok().text == "100"
    world.client.run(*PSQL, "-c", DROP).ok()


def replication(world: World, program: Program) -> None:
    world.superuser(f'alter role "{APP}" replication')
    try:
        command(world, program)
    finally:
        world.superuser("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
        world.superuser(f'alter role "{APP}" noreplication')
