"""Which hosts get a token at all, and whose word counts for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client, Outcome
from support.gateway_log import assert_nothing_sent, assert_safe_logins
from support.stub import Stub

APP = inventory.APP.name
FOREIGN = "db.example.net"


def refused(done: Outcome, *words: str) -> None:
    assert done.code == 2
    for word in words:
        assert word in done.error, done.error


MIXED = ("{ours},{foreign}", "{foreign},{ours}", "{ours},{ours2},{foreign}", "{foreign},{ours},{foreign}", "{ours},",
         ",{ours}", "{ours},,{ours2}", "{ours},/tmp", "/tmp,{ours}", "{ours},@abstract", "{ours},localhost",
         "{ours},127.0.0.1", "{ours},{ours}.example.net")


# In one's own file every network host of a section with directives is declared; what is no name cannot be.
MIXED_IN_A_SECTION = ("{ours},", ",{ours}", "{ours},,{ours2}", "{ours},/tmp", "/tmp,{ours}", "{ours},@abstract")


@pytest.mark.parametrize("how, hosts", [
    *((how, hosts) for how in ("host", "environment", "uri") for hosts in MIXED),
    *(("section", hosts) for hosts in MIXED_IN_A_SECTION),
])
def test_mixed_hosts_are_refused(stubbed: Client, stub: Stub, lakebase: LocalLakebase, hosts: str, how: str) -> None:
    named = hosts.format(ours=lakebase.hosts["demo"], ours2=lakebase.hosts["dev"], foreign=FOREIGN)
    port, count = lakebase.ports["gateway"], len(named.split(","))
    addresses = ",".join(["127.0.0.1"] * count) if "/" not in named and "@" not in named else ""
    env = {"DATABRICKS_CONFIG_PROFILE": "DEMO"}
    if how == "host":
        conninfo = f"host={named} port={port}" + (f" hostaddr={addresses}" if addresses else "")
    elif how == "environment":
        conninfo, env = None, {**env, "PGHOST": named, "PGPORT": str(port)}
    elif how == "section":
        stubbed.service("mixed", "profile=DEMO", host=named, hostaddr=addresses or None)
        conninfo = "service=mixed"
    else:
        conninfo = "postgres://" + ",".join(f"{h.replace('/', '%2F').replace('@', '%40')}:{port}" for h in named.split(",")) + "/x"
    done = stubbed.psql(conninfo, "-w", env=env)
    refused(done, "mixes Lakebase hosts with others")
    assert lakebase.connections() == [] and stub.runs() == []


def test_list_of_lakebase_hosts(stubbed: Client, lakebase: LocalLakebase) -> None:
    """The first one is dead; one token serves both."""
    hosts = f"{lakebase.hosts['demo']},{lakebase.hosts['dev']}"
    port = lakebase.ports["gateway"]
    assert stubbed.psql(f"host={hosts} hostaddr=127.0.0.1,127.0.0.1 port=1,{port}", "-w").ok().text == APP
    assert_safe_logins(lakebase, "dev")


LOOK_ALIKES = (
    "{ours}.evil.example", "{label}.database.us-east-1.cloud.databricks.com.evil.example",
    "{label}.database.us-east-1.cloud-databricks.com", "{label}.database.us-east-1.clouddatabricks.com",
    "{label}.database.us-east-1.cloud.databricks.co", "{label}.database.a.b.cloud.databricks.com",
    "{label}.databases.us-east-1.cloud.databricks.com", "{label}.us-east-1.cloud.databricks.com",
    "x{label}.database.us-east-1.cloud.databricks.com", "ep-.database.us-east-1.cloud.databricks.com",
    "x.{ours}", "{ours}..", "{label}.database.us-east-1.azuredatabricks.net.example", "evil.example/{ours}",
    "{label}.database..cloud.databricks.com", "{label}%00.database.us-east-1.cloud.databricks.com",
)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_get_no_token(stubbed: Client, stub: Stub, lakebase: LocalLakebase, name: str) -> None:
    """They are like any other host: libpq is left alone."""
    ours = lakebase.hosts["demo"]
    host = name.format(ours=ours, label=ours.partition(".")[0])
    stubbed.env["DATABRICKS_CONFIG_PROFILE"] = "DEMO"
    with_us, without = (stubbed.psql(stubbed.direct(host=host), "-w", preload=preload) for preload in (True, False))
    assert with_us == without
    assert with_us.code == 2
    assert stub.runs() == [] and not stubbed.cache.exists()
    assert_nothing_sent(lakebase)


def test_hostaddr_alone_is_nobody(stubbed: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    assert stubbed.psql(f"hostaddr=127.0.0.1 port={lakebase.ports['gateway']} user=x", "-w").code == 2
    assert stub.runs() == []


# A host of one's own naming, declared by a section with directives.

@pytest.fixture
def custom(stubbed: Client, lakebase: LocalLakebase) -> Client:
    lakebase.alias(FOREIGN)
    lakebase.use_certificate("wrong-host")
    return stubbed


DIRECTIVES = ("profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")


@pytest.mark.parametrize("by", ["service", "host"])
def test_declared_host(custom: Client, lakebase: LocalLakebase, by: str) -> None:
    custom.service("private", *DIRECTIVES, host=FOREIGN, port="odd")
    conninfo = "service=private" if by == "service" else custom.direct(host=FOREIGN, port="odd")
    assert custom.psql(conninfo, "-w").ok().text == APP
    assert [c["sni"] for c in assert_safe_logins(lakebase, None)] == [FOREIGN]


def test_declared_host_in_somebody_s_file(custom: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    """PGSERVICEFILE may come with a cloned repository: it must not send our token where it likes."""
    file = custom.service("private", *DIRECTIVES, host=FOREIGN, port="odd", file=custom.home / "theirs.conf")
    done = custom.psql("service=private", "-w", env={"PGSERVICEFILE": str(file)})
    refused(done, "not Databricks' own", str(file), "~/.pg_service.conf")
    assert stub.runs() == []
    assert_nothing_sent(lakebase)


def test_own_file_by_pgservicefile(custom: Client) -> None:
    file = custom.service("private", *DIRECTIVES, host=FOREIGN, port="odd")
    assert custom.psql("service=private", "-w", env={"PGSERVICEFILE": str(file)}).ok().text == APP


def test_section_without_directives_declares_nothing(custom: Client, stub: Stub) -> None:
    custom.service("private", host=FOREIGN, port="odd")
    assert custom.psql("service=private", "-w").code == 2
    assert stub.runs() == []


def test_two_sections_for_a_host(stubbed: Client, stub: Stub) -> None:
    """Nobody says which of them; by name each works."""
    stubbed.service("one", "profile=DEMO")
    stubbed.service("two", "profile=SECOND")
    refused(stubbed.psql(stubbed.direct(), "-w"), "several services", "service=")
    assert stub.runs() == []
    assert stubbed.psql("service=two", "-w").ok().text == APP


# Whose file it is.

@pytest.mark.parametrize("spoil", ["group", "others", "owner"])
@pytest.mark.parametrize("place", ["home", "PGSERVICEFILE"])
def test_untrusted_file(stubbed: Client, stub: Stub, lakebase: LocalLakebase, spoil: str, place: str) -> None:
    file = stubbed.service("orders", "profile=DEMO",
                           file=None if place == "home" else stubbed.home / "elsewhere.conf")
    if spoil == "owner":
        os.chown(file, 4242, 4242)
    else:
        file.chmod(0o620 if spoil == "group" else 0o602)
    done = stubbed.psql("service=orders", "-w", env={} if place == "home" else {"PGSERVICEFILE": str(file)})
    refused(done, str(file), "belong to you or root", "writable by nobody else")
    assert stub.runs() == [] and lakebase.connections() == []


def test_relative_service_file(stubbed: Client, stub: Stub) -> None:
    file = stubbed.service("orders", "profile=DEMO", file=stubbed.home / "elsewhere.conf")
    done = stubbed.psql("service=orders", "-w", env={"PGSERVICEFILE": file.name}, cwd=stubbed.home)
    refused(done, "elsewhere.conf", "absolute path")
    assert stub.runs() == []


def test_untrusted_file_and_a_native_password(stubbed: Client, lakebase: LocalLakebase, secret_watch) -> None:
    """Who signs in by himself is not bothered."""
    file = stubbed.service("orders", "profile=DEMO", user=inventory.NATIVE_ROLE, dbname=inventory.DATABASE,
                           sslmode="require")
    file.chmod(0o666)
    with secret_watch.permitted():
        password = lakebase.passwords[inventory.NATIVE_ROLE]
        assert stubbed.psql(f"service=orders password={password}", "-w").ok().text == inventory.NATIVE_ROLE


# What a file must not say.

TRUSTED_ONLY = ("workspace=https://elsewhere.example", "client_secret=planted", "token=planted",
                "config_file=/home/x/.databrickscfg", "password=planted", "databricks_cli_path=/tmp/evil",
                "azure_client_secret=planted")


@pytest.mark.parametrize("directive", TRUSTED_ONLY)
@pytest.mark.parametrize("place", ["PGSERVICEFILE", "PGSYSCONFDIR", "home"])
def test_trusted_only_directives(stubbed: Client, stub: Stub, directive: str, place: str) -> None:
    name = directive.partition("=")[0]
    if place == "home":
        stubbed.service("orders", directive)
        stubbed.psql("service=orders", "-w").ok()
        assert any(key.endswith(f"directive.{name}") for key in stub.runs()[0]["keys"])
        return
    file = stubbed.service("orders", directive, file=stubbed.home / "pg_service.conf")
    env = {place: str(file if place == "PGSERVICEFILE" else file.parent)}
    done = stubbed.psql("service=orders", "-w", env=env)
    refused(done, f'"{name}"', "~/.pg_service.conf")
    assert "planted" not in done.error
    assert stub.runs() == []


@pytest.mark.parametrize("directive", ["profil=DEMO", "profile", "profile=", "=x", "path=/x"])
def test_directives_that_nobody_knows(stubbed: Client, stub: Stub, directive: str) -> None:
    stubbed.service("orders", directive)
    refused(stubbed.psql("service=orders", "-w"), "orders", "do not count")
    assert stub.runs() == []


def test_endpoint_of_a_section_is_for_its_own_host(stubbed: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    """service= with another host: that host's endpoint is another one."""
    stubbed.service("orders", *DIRECTIVES)
    stubbed.psql(f"service=orders host={lakebase.hosts['dev']}", "-w").ok()
    stubbed.psql("service=orders", "-w").ok()
    other, own = (run["keys"] for run in stub.runs())
    assert "directive.profile" in other and "directive.endpoint" not in other
    assert "directive.profile" in own and "directive.endpoint" in own


def test_service_with_a_foreign_host(stubbed: Client, stub: Stub, lakebase: LocalLakebase) -> None:
    """Naming a service does not make its host everybody's."""
    stubbed.service("orders", *DIRECTIVES)
    conninfo = f"service=orders host={FOREIGN} port={lakebase.ports['odd']} user=x"
    assert stubbed.psql(conninfo, "-w").code == 2
    assert stub.runs() == []
    assert_nothing_sent(lakebase)


def test_section_of_the_first_file_counts(stubbed: Client, stub: Stub, tmp_path: Path) -> None:
    """As libpq does: PGSERVICEFILE, then the system's."""
    system = tmp_path / "system"
    system.mkdir()
    stubbed.service("orders", "profile=SYSTEM", host="dev", file=system / "pg_service.conf")
    file = stubbed.service("orders", "ttl=600", file=stubbed.home / "elsewhere.conf")
    stubbed.psql("service=orders", "-w", env={"PGSERVICEFILE": str(file), "PGSYSCONFDIR": str(system)}).ok()
    assert "directive.ttl" in stub.runs()[0]["keys"] and "directive.profile" not in stub.runs()[0]["keys"]
