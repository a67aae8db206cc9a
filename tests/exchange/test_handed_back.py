"""Programs that keep libpq's password hand back the credential that was made from a user's token."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.client import PGBIN, Client, Outcome
from support.gateway_log import assert_safe_logins
from support.records import CachedCredential
from support.roots import Roots

from .conftest import BATCH, DEV, Users, age_cache

CREDENTIALS = "POST /api/2.0/postgres/credentials"
GONE = "the user's token that it was made from is not at hand any more"


def reconnecting(client: Client, conninfo: str, env: dict[str, str | None], between: str = "") -> Outcome:
    """psql, which connects a second time with what PQpass says."""
    script = f"select current_user;\n{between}\\c\nselect current_user;\n"
    return client.run(PGBIN / "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-d", conninfo, input=script.encode(), env=env)


def age(client: Client, left: int) -> str:
    """The same as a line for psql."""
    return f"\\! {age_cache(client, left)}\n"


def test_it_goes_on_with_the_same_identity(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """The environment still says the app."""
    done = reconnecting(client, f"{client.direct()} passfile={users.passfile(users.pat(DEV))}", {})
    assert (done.code, done.text.split(), done.error) == (0, [DEV, DEV], "")
    assert lakebase.calls(CREDENTIALS) == 1
    assert [login["user"] for login in assert_safe_logins(lakebase)] == [DEV, DEV]


def test_it_uses_the_learned_roots(client: Client, users: Users, tmp_path: Path) -> None:
    roots = Roots(client, tmp_path / "bundle.crt")
    # Its service says how to sign in, which outranks a user's token.
    (client.home / ".pg_service.conf").unlink()
    roots.learn(f"{client.direct()} passfile={users.passfile(users.pat(DEV))}")
    issued = CachedCredential(client.cache).fields["token"]
    trace = tmp_path / "trace"
    done = client.psql(client.direct(), "-w", env={"PGPASSWORD": issued},
                       prefix=("strace", "-qq", "-e", "trace=openat,open", "-o", str(trace)))
    assert (done.code, done.text, done.error) == (0, DEV, "")
    assert roots.opened(trace) == ["learned"]


def test_from_the_environment_it_is_renewed(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """The token is at hand still."""
    done = reconnecting(client, client.direct(), {"PGPASSWORD": users.pat(DEV)}, age(client, -5))
    assert (done.code, done.text.split(), done.error) == (0, [DEV, DEV], "")
    assert lakebase.calls(CREDENTIALS) == 2


def test_another_s_token_in_the_environment_is_not_used(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    conninfo = f"{client.direct()} passfile={users.passfile(users.pat(DEV))}"
    between = f"\\setenv PGPASSWORD {users.pat(BATCH)}\n"
    done = reconnecting(client, conninfo, {}, between)
    assert (done.code, done.text.split(), done.error) == (0, [DEV, DEV], "")
    done = reconnecting(client, conninfo, {}, between + age(client, -5))
    assert done.code != 0 and done.text.split() == [DEV] and GONE in done.error


def test_after_its_end_it_fails_clearly(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """Never the app instead, and no server is bothered with it."""
    done = reconnecting(client, f"{client.direct()} passfile={users.passfile(users.pat(DEV))}", {}, age(client, -5))
    assert done.code != 0
    assert done.text.split() == [DEV]
    assert GONE in done.error
    assert len(assert_safe_logins(lakebase)) == 1
    assert lakebase.calls(CREDENTIALS) == 1


def test_what_somebody_else_renewed_serves(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """By identity, the newest counts."""
    conninfo = f"{client.direct()} passfile={users.passfile(users.pat(DEV))}"
    assert client.psql(conninfo, "-w").ok().text == DEV
    first = CachedCredential(client.cache).sha256
    renew = f"\\! {PGBIN}/psql -XAtwq -d \"{conninfo}\" -c \"select 'renewed'\"\n"
    done = reconnecting(client, conninfo, {}, age(client, -5) + renew)
    assert (done.code, done.text.split(), done.error) == (0, [DEV, "renewed", DEV], "")
    sent = [login["password_sha256"] for login in assert_safe_logins(lakebase)]
    assert sent[0] == sent[1] == first and sent[2] == sent[3] != first


def test_other_hosts_are_not_what_it_was_made_for(client: Client, users: Users, lakebase: LocalLakebase) -> None:
    """There it is a token like any other: nothing is exchanged or renewed."""
    token = users.pat(DEV)
    assert client.psql(client.direct(), "-w", env={"PGPASSWORD": token}).ok().text == DEV
    cached = CachedCredential(client.cache)
    issued, sha256 = cached.fields["token"], cached.sha256
    cached.file.unlink()
    assert client.psql(client.direct(), "-w", env={"PGPASSWORD": token}).ok().text == DEV
    assert CachedCredential(client.cache).sha256 != sha256
    lakebase.forget()
    conninfo = client.direct("dev", user=DEV, dbname="databricks_postgres", sslmode="require")
    assert client.psql(conninfo, "-w", env={"PGPASSWORD": issued, "DATABRICKS_HOST": None}).ok().text == DEV
    assert [login["password_sha256"] for login in assert_safe_logins(lakebase, "dev")] == [sha256]
    assert sum(lakebase.counters()["calls"].values()) == 0


@pytest.mark.parametrize("jobs", [3])
def test_pg_dump_with_workers(client: Client, users: Users, lakebase: LocalLakebase, tmp_path: Path, jobs: int) -> None:
    """Each worker connects with the first one's password, and no other settings; verified all the same."""
    client.psql(client.direct(), "-w", sql="create table if not exists exchanged (id int)", env={"PGPASSWORD": users.pat(DEV)}).ok()
    lakebase.forget()
    done = client.run(PGBIN / "pg_dump", "-w", "-Fd", "-j", str(jobs), "-f", tmp_path / "dump", "-t", "exchanged", "-d",
                      client.direct(), env={"PGPASSWORD": users.pat(DEV)})
    client.psql(client.direct(), "-w", sql="drop table exchanged", env={"PGPASSWORD": users.pat(DEV)}).ok()
    assert (done.code, done.error) == (0, "")
    assert {login["user"] for login in assert_safe_logins(lakebase)} == {DEV}


def test_a_reset_of_it_is_not_the_app(client: Client, users: Users, lakebase: LocalLakebase, build: Path) -> None:
    """The app could sign in; the connection is a user's, though nobody remembers how."""
    probe = build / "tests" / "exchange" / "probes" / "hand_back"
    conninfo = f"{client.direct()} passfile={users.passfile(users.pat(DEV))}"
    assert client.run(probe, conninfo, "").ok().values == {"first": DEV, "second": DEV, "reset": DEV}
    lakebase.forget()
    done = client.run(probe, conninfo, age_cache(client, -5))
    # Whoever has still a valid password goes on with it until the server says no.
    assert done.values["second"] == DEV
    assert done.values["reset"] in ("", DEV)
    assert {login["user"] for login in assert_safe_logins(lakebase)} == {DEV}
    assert lakebase.calls("POST /oidc/v1/token") == 0


def test_a_refused_one_is_not_replaced(client: Client, users: Users, lakebase: LocalLakebase, build: Path) -> None:
    probe = build / "tests" / "exchange" / "probes" / "hand_back"
    conninfo = f"{client.direct()} passfile={users.passfile(users.pat(DEV))}"
    lakebase.fault("gateway", "reject", "demo", after=2, message="password authentication failed", sqlstate="28P01")
    done = client.run(probe, conninfo, "")
    assert (done.code, done.values) == (1, {"first": DEV, "second": DEV, "reset": ""})
    assert "Lakebase refused the token" in done.error
    assert {login["user"] for login in assert_safe_logins(lakebase)} == {DEV}
    assert lakebase.calls("POST /oidc/v1/token") == 0
    assert lakebase.calls(CREDENTIALS) == 1
