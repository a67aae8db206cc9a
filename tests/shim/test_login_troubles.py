"""A login that Lakebase refuses: its own words come first and whole, the cause and what to do behind them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import ROOT
from support.catalogue import catalogue
from support.client import Client

APP, DEV, GUEST = inventory.APP.name, inventory.DEV.name, inventory.GUEST.name
CREDENTIALS = "POST /api/2.0/postgres/credentials"
INSTANCE_CREDENTIALS = "POST /api/2.0/database/credentials"
DIRECTIVES = ("profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
WAYS = {"blocking": ("connectdb",), "polled": ("start",), "reset": ("--reset", "connectdb"),
        "reset, polled": ("--reset-start", "connectdb")}

NO_ROLE = ("this database's project has no such role; make it with databricks_create_role('ROLE', 'SERVICE_PRINCIPAL'), or "
           "'USER' or 'GROUP', of the extension databricks_auth, or connect as a role that is a client id or an e-mail address "
           "and no display name (user=, PGUSER: some programs send the system's user where they are told none)")
OTHER_ROLE = ("the role belongs to another identity than the one that signed in; connect as that one's own role, which is a "
              "service principal's client id or a person's e-mail address and no display name (pglakebase status)")
NO_DATABASE = ("there is no such database here; connect to databricks_postgres, which is there always and is taken where none "
               "is given (dbname, PGDATABASE)")

# What really happens: the connection's settings; the server's words; ours.
SITUATIONS = {
    "a display name": ("user=orders-app", 'FATAL:  role "orders-app" does not exist', NO_ROLE),
    "another's role": (f"user={DEV}", f"FATAL:  OAuth token identity '{APP}' did not match the security label configured "
                       f'for role "{DEV}"', OTHER_ROLE),
    "made by CREATE ROLE": (f"user={GUEST}", "FATAL:  An oauth token was supplied but no role security label was configured "
                            f'in postgres for role "{GUEST}"',
                            "the role was made without Databricks' extension and belongs to no identity; drop it and make it with "
                            "databricks_create_role('ROLE', 'SERVICE_PRINCIPAL'), or 'USER' or 'GROUP', of the extension "
                            "databricks_auth"),
    "the database main": ("dbname=main", 'FATAL:  database "main" does not exist', NO_DATABASE),
}

# What the facts know of and cannot be brought about here: the server's words, the SQLSTATE; a part of ours.
WORDS = [
    ("External authorization failed", "28000", "the role is not a minute old"),
    ("Provided authentication token is not a valid JWT encoding", "28P01", "the server knows no such token"),
    ('Failed to decode token for role "x" and native postgres login was either not attempted due to configuration or failed.',
     "28P01", "the server knows no such token"),
    ('role "x" is not permitted to log in', "28000", "let its owner give it LOGIN"),
    ('permission denied for database "databricks_postgres"', "42501", "let its owner GRANT CONNECT ON DATABASE"),
    ("SASL authentication failed", "08P01", "without -pooler"),
    ("Too many connections attempts", "08P01", "without -pooler"),
    ("Invalid protocol version. Protocol version: 196608", "08P01", "leave sslmode and PGSSLMODE out"),
    ("Datenbank »main« existiert nicht", "3D000", "there is no such database here"),
    ("something else", "28P01", "Lakebase refused the token; check that the role"),
]


@pytest.fixture
def orders(client: Client) -> Client:
    client.service("orders", *DIRECTIVES)
    return client


def unquoted(report: str) -> str:
    return report.replace("\\n", "\n").replace("\\\\", "\\")


def assert_explained(message: str, words: str, remedy: str) -> None:
    """Lines of libpq and the server, then one of ours."""
    *theirs, ours = message.removesuffix("\n").split("\n")
    assert theirs[-1].endswith(words) and not any("pglakebase" in line for line in theirs), message
    assert ours == f"pglakebase: {remedy}"
    assert message.endswith("\n")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_explained(orders: Client, lakebase: LocalLakebase, probes: Path, way: str, situation: str) -> None:
    settings, words, remedy = SITUATIONS[situation]
    *options, function = WAYS[way]
    values = orders.run(probes / "connect_probe", *options, function, f"service=orders {settings}").ok().values
    assert values["status"] == "bad"
    assert_explained(unquoted(values["error"]), words, remedy)
    # No fresh token helps.
    assert lakebase.calls(CREDENTIALS) == 1


@pytest.mark.parametrize("situation", SITUATIONS)
def test_psql_says_both(orders: Client, lakebase: LocalLakebase, situation: str) -> None:
    """Also where the token is from the cache, and costs no other."""
    settings, words, remedy = SITUATIONS[situation]
    for _ in range(2):
        done = orders.psql(f"service=orders {settings}", "-w")
        assert done.code == 2
        assert_explained(done.error + "\n", words, remedy)
    assert lakebase.calls(CREDENTIALS) == 1


def test_provisioned_says_nothing_of_a_missing_role(client: Client) -> None:
    done = client.psql(client.direct("provisioned", user="nobody", dbname="databricks_postgres"), "-w",
                       env={"DATABRICKS_CONFIG_PROFILE": "DEMO"})
    assert done.code == 2
    assert 'password authentication failed for user "nobody"\npglakebase: Lakebase refused the token: the role is missing, ' in done.error
    assert "databricks_create_role(" in done.error


@pytest.mark.parametrize("words, sqlstate, remedy", WORDS)
@pytest.mark.parametrize("way", ["blocking", "polled"])
def test_known_words(orders: Client, lakebase: LocalLakebase, probes: Path, way: str, words: str, sqlstate: str,
                     remedy: str) -> None:
    orders.psql("service=orders").ok()
    lakebase.fault("gateway", "reject", message=words, sqlstate=sqlstate, detail="Here it says more.")
    values = orders.run(probes / "connect_probe", *WAYS[way], "service=orders").ok().values
    theirs, _, ours = unquoted(values["error"]).partition("pglakebase: ")
    assert theirs.endswith(f"FATAL:  {words}\nDETAIL:  Here it says more.\n"), values
    assert remedy in ours and ours.count("\n") == 1 and ours.endswith("\n")
    # A token from the cache was refused: one more, unless the words say that none helps.
    final = not sqlstate.startswith("28") or "permitted" in words
    assert lakebase.calls(CREDENTIALS) == (1 if final else 2)


def test_a_role_that_does_not_fit_costs_one_more_token(client: Client, lakebase: LocalLakebase) -> None:
    """However many try it: of a refused token nobody can tell whether the role is wrong or the token was revoked."""
    conninfo = client.direct("provisioned", user="nobody", dbname="databricks_postgres")

    def refused(_: int) -> int:
        return client.psql(conninfo, "-w", env={"DATABRICKS_CONFIG_PROFILE": "DEMO"}).code

    assert refused(0) == 2
    assert lakebase.calls(INSTANCE_CREDENTIALS) == 1
    for _ in range(2):
        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(refused, range(6))) == {2}
    assert lakebase.calls(INSTANCE_CREDENTIALS) == 2


def test_the_explanation_goes_with_its_message(orders: Client, lakebase: LocalLakebase, probes: Path) -> None:
    lakebase.fault("gateway", "reject", times=1)
    values = orders.run(probes / "connect_probe", "--reset", "connectdb", "service=orders").ok().values
    assert (values["status"], values["error"]) == ("ok", "")


def test_host_list(client: Client, lakebase: LocalLakebase) -> None:
    """The first one is not there, the second one says no."""
    hosts = f"{lakebase.hosts['demo']},{lakebase.hosts['readonly']}"
    client.service("pair", *DIRECTIVES, host=hosts, hostaddr="127.0.0.1,127.0.0.1", port=f"1,{lakebase.ports['gateway']}")
    done = client.psql("service=pair dbname=main", "-w")
    assert done.code == 2 and "Connection refused" in done.error
    assert_explained(done.error + "\n", 'FATAL:  database "main" does not exist', NO_DATABASE)


def test_libpq_in_another_language(orders: Client, tmp_path: Path) -> None:
    directory = tmp_path / "locale" / "de" / "LC_MESSAGES"
    directory.mkdir(parents=True)
    place = 'connection to server at "%s", port %s failed: '
    (directory / "libpq5-15.mo").write_bytes(catalogue({place: 'Verbindung zum Server auf »%s«, Port %s scheiterte: '}))
    german = {"PGLOCALEDIR": str(tmp_path / "locale"), "LANGUAGE": "de", "LC_ALL": "C.UTF-8"}
    done = orders.psql("service=orders dbname=main", "-w", env=german)
    assert "Verbindung zum Server" in done.error
    assert_explained(done.error + "\n", 'FATAL:  database "main" does not exist', NO_DATABASE)


@pytest.mark.parametrize("host, role, password, words, remedy", [
    ("demo", APP, "plain", "Provided authentication token is not a valid JWT encoding", "the role takes tokens and no passwords"),
    ("provisioned", APP, "plain", "and native postgres login was either not attempted due to configuration or failed.",
     "the role takes tokens and no passwords"),
    ("demo", inventory.NATIVE_ROLE, "wrong", "password authentication failed for user", "native_password is not the password"),
    ("pooled", APP, "plain", "SASL authentication failed", "native_password is not the password"),
])
def test_native_password_kept_elsewhere(client: Client, tmp_path: Path, host: str, role: str, password: str, words: str,
                                        remedy: str) -> None:
    (tmp_path / "password").write_text(password + "-h7Kw3")
    client.service("orders", f"native_password=file:{tmp_path}/password", host=host, dbname="databricks_postgres", user=role)
    done = client.psql("service=orders", "-w")
    assert done.code == 2
    theirs, _, ours = done.error.partition("pglakebase: ")
    assert words in theirs and ours.startswith(remedy), done.error
    assert "h7Kw3" not in done.error


def test_the_programs_own_password_is_its_own_business(client: Client) -> None:
    done = client.psql(client.direct(user=APP, dbname="databricks_postgres"), "-w", env={"PGPASSWORD": "plain"})
    assert done.code == 2 and "not a valid JWT" in done.error
    assert "pglakebase" not in done.error


def test_documented(client: Client, lakebase: LocalLakebase) -> None:
    """Each of the words that the library knows, and the statements that make a role."""
    document = (ROOT / "docs" / "AUTHENTICATION.md").read_text()
    section = document.partition("## When the database says no\n")[2].partition("\n## ")[0]
    source = (ROOT / "src" / "shim" / "login_troubles.cpp").read_text()
    rows = re.findall(r'(?:=|^)\n    "(.*)\\n"$', source, re.M)
    words = {word.replace('\\"*\\"', '"…"') for row in rows for word in row.split("|")}
    assert len(words) > 12 and [word for word in sorted(words) if word not in section] == []

    batch = inventory.BATCH.name
    statements = section.partition("```sql\n")[2].partition("```")[0]
    owner = {"DATABRICKS_CONFIG_PROFILE": "PAT"}
    client.psql(client.direct(), "-c", f'drop role "{batch}"', sql=statements, env=owner).ok()
    demo = lakebase.workspace("demo")
    as_batch = {"DATABRICKS_HOST": demo["url"], "DATABRICKS_CLIENT_ID": batch, "DATABRICKS_CLIENT_SECRET": demo["secrets"][batch]}
    assert client.psql(client.direct(), env=as_batch).ok().text == batch
