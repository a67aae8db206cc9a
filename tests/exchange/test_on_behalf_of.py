"""For programs that serve users: a token file, a token of the thread, and on_behalf_of=required."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import command
from support.client import PGBIN, Client, Outcome
from support.gateway_log import assert_safe_logins

from .conftest import APP, BATCH, DEV, SAM, Users, age_cache

ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
USER_LIBRARY = Path("src", "user", "libpglakebase-user.so.0")


@pytest.fixture
def probes(build: Path) -> Path:
    return build / "tests" / "exchange" / "probes"


def one_user(client: Client, probes: Path, build: Path, token: str | None, conninfo: str | None = None,
             **more: object) -> Outcome:
    """`token`: a file, "" for none in it, None for a program that says nothing."""
    library = "-" if token is None else str(build / USER_LIBRARY)
    return client.run(probes / "one_user", library, token or "", conninfo or client.direct(), **more)


# on_behalf_of


@pytest.mark.parametrize("way", ["directive", "variable"])
def test_required_means_nobody_without_a_user(client: Client, users: Users, lakebase: LocalLakebase, way: str) -> None:
    """Not the principal, who is configured and in the cache."""
    assert client.psql(client.direct(), "-w").ok().text == APP
    lakebase.forget()
    conninfo = client.direct()
    if way == "variable":
        client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    else:
        client.service("theirs", "on_behalf_of=required", ENDPOINT)
        conninfo = "service=theirs"
    for _ in range(2):
        done = client.psql(conninfo, "-w")
        assert done.code == 2
        assert "no user's token was given, and without one nobody is signed in (on_behalf_of=required from" in done.error
    assert lakebase.connections() == []
    assert client.psql(conninfo, "-w", env={"PGPASSWORD": users.pat(DEV)}).ok().text == DEV
    assert client.psql(conninfo, "-w").code == 2


def test_required_takes_no_native_password(client: Client, lakebase: LocalLakebase) -> None:
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    done = client.psql(client.direct(user="native_user"), "-w", env={"PGPASSWORD": lakebase.passwords["native_user"]})
    assert done.code == 2
    assert "the password is no user's token for the workspace" in done.error
    assert not any(c["password_received"] for c in lakebase.connections())


def test_required_takes_no_token_of_the_app_s(client: Client, lakebase: LocalLakebase) -> None:
    """Which a pool may have kept from before."""
    assert client.psql(client.direct(), "-w").ok().text == APP
    [file] = client.cache.glob("credential-*")
    token = dict(line.split("=", 1) for line in file.read_text().splitlines())["token"]
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    done = client.psql(client.direct(), "-w", env={"PGPASSWORD": token})
    assert (done.code, done.text) == (2, "")


def test_allowed_is_the_app_without_a_user(client: Client, users: Users) -> None:
    client.service("mine", "on_behalf_of=allowed", ENDPOINT)
    assert client.psql("service=mine", "-w").ok().text == APP
    assert client.psql("service=mine", "-w", env={"PGPASSWORD": users.oauth(DEV)}).ok().text == DEV


def test_a_slip_of_the_pen_is_no_permission(client: Client) -> None:
    client.service("orders", "on_behalf_of=requierd", ENDPOINT)
    done = client.psql("service=orders", "-w")
    assert done.code == 2
    assert "requierd (from directive on_behalf_of) is no way to act on behalf of a user" in done.error


def test_a_service_file_gives_no_token(client: Client, users: Users) -> None:
    client.service("orders", f"user_token={users.pat(DEV)}", ENDPOINT)
    done = client.psql("service=orders", "-w")
    assert done.code == 2
    assert '"user_token" is no setting that pglakebase knows' in done.error


def test_run_starts_programs_that_will_serve_users(client: Client, users: Users, build: Path) -> None:
    """Nobody can be signed in before one of them has come."""
    client.service("theirs", "on_behalf_of=required", ENDPOINT)
    psql = [PGBIN / "psql", "-XAtwc", "select current_user"]
    done = client.run(command(build), "run", "--service", "theirs", "--", *psql, preload=False,
                      env={"PGPASSWORD": users.pat(DEV)})
    assert (done.code, done.text, done.error) == (0, DEV, "")


# user_token_file


@pytest.mark.parametrize("way", ["directive", "variable"])
def test_a_token_in_a_file(client: Client, users: Users, lakebase: LocalLakebase, way: str) -> None:
    """It rotates, for the same user or another; each time the session is that user's. PGUSER is the app's, as in Apps."""
    file = users.file(users.pat(DEV) + "\n")
    client.env["PGUSER"] = APP
    conninfo = client.direct()
    if way == "variable":
        client.env["PGLAKEBASE_USER_TOKEN_FILE"] = str(file)
        client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    else:
        client.service("theirs", "on_behalf_of=required", f"user_token_file={file}", ENDPOINT)
        conninfo = "service=theirs"
    for user, token in ((DEV, users.pat(DEV)), (BATCH, users.oauth(BATCH)), (DEV, users.oauth(DEV)), (APP, users.pat(APP))):
        aside = users.file(token)
        aside.rename(file)
        for _ in range(2):
            assert client.psql(conninfo, "-w").ok().text == user
    assert lakebase.calls(CREDENTIALS) == 4
    file.unlink()
    done = client.psql(conninfo, "-w")
    assert done.code == 2 and "the user token cannot be read from" in done.error


def test_the_password_is_stronger_than_the_file(client: Client, users: Users) -> None:
    client.env["PGLAKEBASE_USER_TOKEN_FILE"] = str(users.file(users.pat(BATCH)))
    assert client.psql(client.direct(), "-w", env={"PGPASSWORD": users.pat(DEV)}).ok().text == DEV
    assert client.psql(client.direct(), "-w").ok().text == BATCH


# The token of a thread


def test_a_library_in_a_scope_of_its_own(client: Client, users: Users, probes: Path, build: Path) -> None:
    """Opened RTLD_LOCAL by a plugin, it is found all the same."""
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    token = str(users.file(users.pat(DEV)))
    assert one_user(client, probes, build, token).ok().values == {"set": "0", "user": DEV}
    done = one_user(client, probes, build, None)
    assert done.code == 1 and "no user's token was given" in done.error


def test_what_is_no_token_is_nobody(client: Client, users: Users, probes: Path, build: Path, lakebase: LocalLakebase) -> None:
    """A program that does not look at what the call returns serves nobody, rather than the app or the user before."""
    for token in ("", str(users.file("two words"))):
        done = one_user(client, probes, build, token)
        assert (done.code, done.values) == (1, {"set": "-1", "user": ""})
        assert "what this thread gave to pglakebase_set_user_token() is no token" in done.error
    assert lakebase.connections() == []


def test_another_workspace_s_user_is_nobody(client: Client, users: Users, probes: Path, build: Path) -> None:
    done = one_user(client, probes, build, str(users.file(users.pat(SAM))))
    assert done.code == 1 and "did not accept the user token" in done.error


def test_the_thread_is_stronger_than_what_lies_about(client: Client, users: Users, probes: Path, build: Path,
                                                     secret_watch) -> None:
    token = str(users.file(users.pat(DEV)))
    for stray in (users.pat(BATCH), "s3cret"):
        assert one_user(client, probes, build, token, env={"PGPASSWORD": stray}).ok().values["user"] == DEV
    # What the call says stands above it.
    with secret_watch.permitted():
        conninfo = client.direct(password=users.pat(BATCH))
        assert one_user(client, probes, build, token, conninfo).ok().values["user"] == BATCH


def test_without_the_shim_it_changes_nothing(client: Client, lakebase: LocalLakebase, users: Users, probes: Path,
                                             build: Path) -> None:
    conninfo = client.direct(user="native_user", dbname="databricks_postgres", sslmode="require")
    done = one_user(client, probes, build, str(users.file(users.pat(DEV))), conninfo, preload=False,
                    env={"PGPASSWORD": lakebase.passwords["native_user"]})
    assert done.ok().values == {"set": "0", "user": "native_user"}


def token_list(users: Users) -> str:
    tokens = [(user, token) for user in (DEV, APP, BATCH) for token in (users.pat(user), users.oauth(user))]
    return str(users.file("".join(f"{user} {token}\n" for user, token in tokens)))


@pytest.mark.parametrize("threads, rounds", [(12, 6), pytest.param(48, 20, marks=pytest.mark.full)])
def test_many_users_at_once(client: Client, users: Users, lakebase: LocalLakebase, probes: Path, build: Path,
                            threads: int, rounds: int) -> None:
    """Every connection is its own user's: when made, polled through while its thread serves the next user, and reset
    by another user's thread."""
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    done = client.run(probes / "many_users", client.direct(), token_list(users), threads, rounds, timeout=240)
    assert done.values == {"checked": str(2 * threads * rounds), "failed": "0", "wrong": "0"}, done.error[-2000:]
    assert {login["user"] for login in assert_safe_logins(lakebase)} == {DEV, APP, BATCH}
    # Each token is one entry.
    assert lakebase.calls(CREDENTIALS) == 6


def test_a_reset_asks_for_its_own_user_again(client: Client, users: Users, lakebase: LocalLakebase, probes: Path,
                                             build: Path) -> None:
    """Its thread serves nobody by then."""
    client.env["PGLAKEBASE_ON_BEHALF_OF"] = "required"
    done = client.run(probes / "one_user", build / USER_LIBRARY, users.file(users.pat(DEV)), client.direct(),
                      age_cache(client, -5))
    assert done.ok().values == {"set": "0", "user": DEV, "reset": DEV}
    first, second = [login["password_sha256"] for login in assert_safe_logins(lakebase)]
    assert first != second
    assert lakebase.calls(CREDENTIALS) == 2
