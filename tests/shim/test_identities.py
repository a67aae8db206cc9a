"""Never somebody else's identity: workspaces, profiles, PATs and service principals share one cache."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import helper, library
from support.client import PGBIN, Client
from support.gateway_log import assert_safe_logins
from support.secret_watch import SecretWatch

ENDPOINT = "endpoint=projects/shop/branches/production/endpoints/primary"
SECOND_ENDPOINT = "endpoint=projects/second/branches/production/endpoints/primary"
TOKEN = "POST /oidc/v1/token"
CREDENTIALS = "POST /api/2.0/postgres/credentials"


@dataclass(frozen=True)
class Who:
    """One way to be somebody, and who that is."""

    user: str
    host: str
    service: str = ""
    directives: tuple[str, ...] = ()
    env: Callable[[LocalLakebase], dict[str, str]] = lambda lakebase: {}


def pat(lakebase: LocalLakebase, workspace: str, user: str) -> dict[str, str]:
    found = lakebase.workspace(workspace)
    return {"DATABRICKS_HOST": found["url"], "DATABRICKS_TOKEN": found["pats"][user]}


def m2m(lakebase: LocalLakebase, workspace: str, user: str) -> dict[str, str]:
    found = lakebase.workspace(workspace)
    return {"DATABRICKS_HOST": found["url"], "DATABRICKS_CLIENT_ID": user,
            "DATABRICKS_CLIENT_SECRET": found["secrets"][user]}


APP, BATCH, DEV = inventory.APP.name, inventory.BATCH.name, inventory.DEV.name
SECOND_APP, SAM = inventory.SECOND_APP.name, inventory.SECOND_USER.name

ALL = {
    "profile m2m": Who(APP, "demo", "a", ("profile=DEMO", ENDPOINT)),
    "profile pat": Who(DEV, "demo", "b", ("profile=PAT", ENDPOINT)),
    "profile m2m, second": Who(SECOND_APP, "second", "c", ("profile=SECOND", SECOND_ENDPOINT)),
    "profile pat, second": Who(SAM, "second", "d", ("profile=SECONDPAT", SECOND_ENDPOINT)),
    "env m2m": Who(APP, "demo", "e", (ENDPOINT,), lambda lb: m2m(lb, "demo", APP)),
    "env other m2m": Who(BATCH, "demo", "e", (ENDPOINT,), lambda lb: m2m(lb, "demo", BATCH)),
    "env pat": Who(DEV, "demo", "e", (ENDPOINT,), lambda lb: pat(lb, "demo", DEV)),
    "env other pat": Who(BATCH, "demo", "e", (ENDPOINT,), lambda lb: pat(lb, "demo", BATCH)),
    "env pat, second": Who(SAM, "second", "f", (SECOND_ENDPOINT,), lambda lb: pat(lb, "second", SAM)),
    "env m2m, second": Who(SECOND_APP, "second", "f", (SECOND_ENDPOINT,), lambda lb: m2m(lb, "second", SECOND_APP)),
    "profile over env": Who(DEV, "demo", "b", ("profile=PAT", ENDPOINT), lambda lb: {"PGLAKEBASE_PROFILE": "DEMO"}),
    "env profile": Who(APP, "demo", "e", (ENDPOINT,), lambda lb: {"DATABRICKS_CONFIG_PROFILE": "DEMO"}),
    "env other profile": Who(DEV, "demo", "e", (ENDPOINT,), lambda lb: {"DATABRICKS_CONFIG_PROFILE": "PAT"}),
    "no service": Who(APP, "dev", "", (), lambda lb: m2m(lb, "demo", APP)),
    "no service, pat": Who(DEV, "dev", "", (), lambda lb: pat(lb, "demo", DEV)),
    "narrow claims": Who(APP, "demo", "g", ("profile=DEMO", ENDPOINT, "ttl=900")),
}


@pytest.fixture
def all_services(client: Client) -> Client:
    written = {}
    for who in ALL.values():
        if who.service and who.service not in written:
            written[who.service] = client.service(who.service, *who.directives, host=who.host)
    return client


def assert_is(client: Client, name: str) -> None:
    who = ALL[name]
    client.lakebase.forget()
    conninfo = f"service={who.service}" if who.service else client.direct(host=who.host)
    done = client.psql(conninfo, "-w", env=who.env(client.lakebase))
    assert (done.code, done.text, done.error) == (0, who.user, ""), name
    [login] = assert_safe_logins(client.lakebase, who.host)
    assert (login["user"], login["result"]) == (who.user, "ok"), name


@pytest.mark.parametrize("name", ALL)
def test_alone(all_services: Client, name: str) -> None:
    assert_is(all_services, name)


@pytest.mark.parametrize("seed", [1, 2])
def test_in_any_order(all_services: Client, seed: int) -> None:
    """Each several times, cold and warm, after everybody else."""
    order = [*ALL] * 2
    random.Random(seed).shuffle(order)
    for name in order:
        assert_is(all_services, name)


def test_profile_that_changes(client: Client, lakebase: LocalLakebase) -> None:
    """The file says somebody else now: at once, and back again."""
    config = client.home / ".databrickscfg"
    del client.env["DATABRICKS_CONFIG_FILE"]
    client.service("orders", ENDPOINT)
    demo = lakebase.workspace()
    for user in (DEV, BATCH, DEV, APP):
        config.write_text(f"[DEFAULT]\nhost = {demo['url']}\ntoken = {demo['pats'][user]}\n")
        config.chmod(0o600)
        for _ in range(2):
            assert client.psql("service=orders", "-w").ok().text == user


def test_broken_principal_is_nobody_else(client: Client, lakebase: LocalLakebase) -> None:
    """A secret that is refused does not fall through to the PAT beside it, nor to what the cache has."""
    client.service("orders", ENDPOINT)
    good = m2m(lakebase, "demo", APP)
    assert client.psql("service=orders", env=good).ok().text == APP
    done = client.psql("service=orders", "-w", env={**m2m(lakebase, "demo", BATCH), "DATABRICKS_CLIENT_SECRET": "wrong"})
    assert done.code == 2
    assert "no token for the service" in done.error


def test_service_file_beyond_all_measure_is_nobody_else(client: Client, lakebase: LocalLakebase) -> None:
    """libpq reads it; without its settings the connection would be made as whom the environment says."""
    file = client.service("orders", "profile=PAT", ENDPOINT)
    client.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    assert client.psql("service=orders", "-w").ok().text == DEV
    with file.open("a", encoding="utf-8") as text:
        text.write("# a comment\n" * 100_000)
    done = client.psql("service=orders", "-w")
    assert done.code == 2
    assert "its service file is over 1 MiB" in done.error


# One user's cron, ssh and services.

UID = 4242
BECOME = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]


@pytest.fixture
def everywhere(build: Path, lakebase: LocalLakebase, secret_watch: SecretWatch) -> Iterator[Client]:
    """Another user, with a home and a runtime directory, and the product where that user can run it."""
    directory = Path(tempfile.mkdtemp(prefix="pglakebase-test-", dir="/tmp"))
    runtime = Path(f"/run/user/{UID}")
    secret_watch.watch_directory(directory)
    for source, place in ((library(build), "shim"), (helper(build), "cli")):
        (directory / place).mkdir()
        shutil.copy(source, directory / place)
    client = Client(directory / "shim" / "libpglakebase.so", build, lakebase, directory)
    shutil.copy(lakebase.ca_file, directory / "ca.pem")
    shutil.copy(lakebase.directory / "databrickscfg", client.home / ".databrickscfg")
    client.service("orders", "profile=DEMO", ENDPOINT)
    runtime.mkdir(mode=0o700)
    (directory / "service").mkdir(mode=0o700)
    for path in (client.home, *client.home.iterdir(), runtime, directory / "service"):
        shutil.chown(path, UID, UID)
    directory.chmod(0o755)
    (directory / "ca.pem").chmod(0o644)
    sanitizer = {k: v for k, v in client.env.items() if k == "ASAN_OPTIONS"}
    client.env = {"HOME": str(client.home), "SSL_CERT_FILE": str(directory / "ca.pem"), **sanitizer}
    yield client
    secret_watch.scan_files()
    secret_watch.directories.discard(directory)
    for place in (directory, runtime, Path(f"/dev/shm/pglakebase-{UID}")):
        shutil.rmtree(place, ignore_errors=True)


def surroundings(directory: Path) -> dict[str, dict[str, str]]:
    return {
        "cron": {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "somebody"},
        "ssh": {"PATH": "/usr/local/bin:/usr/bin:/bin", "LOGNAME": "somebody", "USER": "somebody", "LANG": "C.UTF-8",
                "TERM": "xterm", "SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22", "XDG_RUNTIME_DIR": f"/run/user/{UID}"},
        "sudo": {"PATH": "/usr/sbin:/usr/bin", "SUDO_USER": "root", "XDG_RUNTIME_DIR": "/run/user/0"},
        "systemd": {"PATH": "/usr/bin", "INVOCATION_ID": "0" * 32, "RUNTIME_DIRECTORY": str(directory / "service"),
                    "JOURNAL_STREAM": "8:1"},
    }


def test_one_fetch_for_all_surroundings(everywhere: Client, lakebase: LocalLakebase) -> None:
    for name, env in surroundings(everywhere.home.parent).items():
        done = everywhere.run(PGBIN / "psql", "-XAtw", "-c", "select current_user", "service=orders", prefix=BECOME,
                              env=env).ok()
        assert done.text == APP, name
    assert (lakebase.calls(TOKEN), lakebase.calls(CREDENTIALS)) == (1, 1)


def test_without_a_runtime_directory(everywhere: Client, lakebase: LocalLakebase) -> None:
    Path(f"/run/user/{UID}").rmdir()
    for name, env in surroundings(everywhere.home.parent).items():
        if name != "systemd":
            everywhere.run(PGBIN / "psql", "-XAtw", "-c", "select 1", "service=orders", prefix=BECOME, env=env).ok()
    assert (lakebase.calls(TOKEN), lakebase.calls(CREDENTIALS)) == (1, 1)
    assert Path(f"/dev/shm/pglakebase-{UID}").is_dir()
