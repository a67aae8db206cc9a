from __future__ import annotations

import datetime
import json
import os
import subprocess
import time
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from .conftest import HOST, OTHER_HOST, SECRET, Sandbox


def test_raw_is_the_token_and_a_newline(orders: Sandbox) -> None:
    done = orders.run("token", "orders")
    assert (done.returncode, done.stdout, done.stderr) == (0, "eyJ.stub.token\n", "")


def test_second_time_comes_from_the_cache(orders: Sandbox) -> None:
    first = orders.run("token", "orders").stdout
    assert orders.run("token", "orders").stdout == first
    assert len(orders.requests()) == 1


def test_force_gets_a_new_one(orders: Sandbox) -> None:
    first = orders.run("token", "orders").stdout
    forced = orders.run("token", "orders", "--force").stdout
    assert forced not in ("", first)
    options = dict(line.split("=", 1) for line in orders.requests()[1].splitlines())
    assert int(options["option.issued_after_ms"]) > (time.time() - 60) * 1000


def test_json(orders: Sandbox) -> None:
    orders.services(f"[orders]\nhost={HOST}\nport=6543\ndbname=shop\n#lakebase: profile=PROD\n")
    before = time.time()
    shown = json.loads(orders.run("token", "orders", "--format", "json").stdout)
    expires = datetime.datetime.strptime(shown.pop("expires_at"), "%Y-%m-%dT%H:%M:%SZ")
    left = expires.replace(tzinfo=datetime.timezone.utc).timestamp() - before
    assert 3590 < left < 3610
    assert 3590 < shown.pop("expires_in") <= 3600
    assert shown == {
        "token": "eyJ.stub.token",
        "user": "stub-role",
        "host": HOST,
        "port": 6543,
        "dbname": "shop",
    }


def test_json_of_hosts_on_different_ports(orders: Sandbox) -> None:
    orders.services(f"[orders]\nhost={HOST},{OTHER_HOST}\nport=1,2\n#lakebase: profile=PROD\n")
    shown = json.loads(orders.run("token", "orders", "--format", "json").stdout)
    assert (shown["host"], shown["port"]) == (f"{HOST},{OTHER_HOST}", "1,2")


def test_pgpass_is_one_exact_line(orders: Sandbox) -> None:
    done = orders.run("token", "orders", "--format", "pgpass")
    assert done.stdout == f"{HOST}:5432:databricks_postgres:stub-role:eyJ.stub.token\n"


def test_pgpass_is_escaped_as_libpq_reads_it(orders: Sandbox) -> None:
    orders.behave(user="a:b\\c", token="x:y\\z")
    orders.services(f"[orders]\nhost={HOST},{OTHER_HOST}\nport=6000\ndbname=d:b\n#lakebase: profile=PROD\n")
    done = orders.run("token", "orders", "--format", "pgpass")
    assert done.stdout == "".join(f"{host}:6000:d\\:b:a\\:b\\\\c:x\\:y\\\\z\n" for host in (HOST, OTHER_HOST))


def test_uri_is_percent_encoded(orders: Sandbox) -> None:
    orders.behave(user="jane+x@example.com", token="a/b=c&d%e")
    orders.services(f"[orders]\nhost={HOST}\ndbname=a/b c?\n#lakebase: profile=PROD\n")
    uri = orders.run("token", "orders", "--format", "uri").stdout
    assert uri.endswith("\n")
    parts = urlsplit(uri.strip())
    assert parts.scheme == "postgresql"
    assert (unquote(parts.username), unquote(parts.password)) == ("jane+x@example.com", "a/b=c&d%e")
    assert (parts.hostname, parts.port, unquote(parts.path)) == (HOST, 5432, "/a/b c?")
    assert parse_qs(parts.query) == {"sslmode": ["verify-full"]}
    assert "jane+x" not in uri and "@example" not in uri


def test_user_of_the_section_spares_looking_it_up(orders: Sandbox) -> None:
    orders.services(f"[orders]\nhost={HOST}\nuser=fixed\n#lakebase: profile=PROD\n")
    shown = json.loads(orders.run("token", "orders", "--format", "json").stdout)
    assert shown["user"] == "fixed"
    assert "option.need_user=0\n" in orders.requests()[0]


@pytest.mark.parametrize("form, need", [("raw", 0), ("json", 1), ("pgpass", 1), ("uri", 1)])
def test_user_is_looked_up_only_where_it_is_shown(orders: Sandbox, form: str, need: int) -> None:
    orders.run("token", "orders", "--format", form)
    assert f"option.need_user={need}\n" in orders.requests()[0]


def test_environment_fills_what_the_section_leaves(orders: Sandbox) -> None:
    given = {"PGUSER": "env-user", "PGPORT": "7000", "PGDATABASE": "env-db", "PGHOST": "elsewhere.example.com"}
    done = orders.run("token", "orders", "--format", "pgpass", env=given)
    assert done.stdout == f"{HOST}:7000:env-db:env-user:eyJ.stub.token\n"
    orders.services(f"[orders]\nhost={HOST}\nport=1\ndbname=d\nuser=u\n#lakebase: profile=PROD\n")
    done = orders.run("token", "orders", "--format", "pgpass", env=given)
    assert done.stdout == f"{HOST}:1:d:u:eyJ.stub.token\n"


# Which one


def chosen_hosts(sandbox: Sandbox) -> list[str]:
    return [line[5:] for line in sandbox.requests()[-1].splitlines() if line.startswith("host=")]


TWO = f"[orders]\nhost={HOST}\n#lakebase: profile=PROD\n[stock]\nhost={OTHER_HOST}\n#lakebase: profile=DEV\n"


def test_pgservice_chooses(sandbox: Sandbox) -> None:
    sandbox.services(TWO)
    sandbox.run("token", env={"PGSERVICE": "stock", "PGHOST": HOST})
    assert chosen_hosts(sandbox) == [OTHER_HOST]
    assert "directive.profile=DEV\n" in sandbox.requests()[0]


def test_pghost_chooses_with_its_section(sandbox: Sandbox) -> None:
    sandbox.services(TWO)
    sandbox.run("token", env={"PGHOST": OTHER_HOST.upper() + "."})
    assert chosen_hosts(sandbox) == [OTHER_HOST]
    assert "directive.profile=DEV\n" in sandbox.requests()[0]


def test_host_and_its_service_share_one_credential(sandbox: Sandbox) -> None:
    sandbox.services(TWO)
    by_name = sandbox.run("token", "orders").stdout
    assert sandbox.run("token", HOST).stdout == by_name
    assert len(sandbox.requests()) == 1


def test_pghost_elsewhere_is_passed_over(orders: Sandbox) -> None:
    orders.run("token", env={"PGHOST": "db.example.com"})
    assert chosen_hosts(orders) == [HOST]


def test_only_service_with_directives_is_chosen(sandbox: Sandbox) -> None:
    sandbox.services(f"[plain]\nhost=db.example.com\n[bare]\nhost={OTHER_HOST}\n[orders]\nhost={HOST}\n#lakebase: profile=P\n")
    assert sandbox.run("token").returncode == 0
    assert chosen_hosts(sandbox) == [HOST]


def test_only_lakebase_service_without_directives_is_chosen(sandbox: Sandbox) -> None:
    sandbox.services(f"[plain]\nhost=db.example.com\n[bare]\nhost={OTHER_HOST}\n")
    assert sandbox.run("token").returncode == 0
    assert chosen_hosts(sandbox) == [OTHER_HOST]


def test_host_without_any_section(sandbox: Sandbox) -> None:
    done = sandbox.run("token", HOST, "--format", "pgpass")
    assert done.stdout == f"{HOST}:5432:databricks_postgres:stub-role:eyJ.stub.token\n"


def test_declared_host(sandbox: Sandbox) -> None:
    sandbox.services("[own]\nhost=db.example.com\n#lakebase: profile=own\n")
    assert sandbox.run("token", "own").returncode == 0
    assert sandbox.run("token", "db.example.com").returncode == 0
    assert len(sandbox.requests()) == 1


def test_host_of_a_section_without_one_comes_from_pghost(sandbox: Sandbox) -> None:
    sandbox.services("[orders]\n#lakebase: profile=PROD\n")
    assert sandbox.run("token", "orders", env={"PGHOST": HOST}).returncode == 0
    assert chosen_hosts(sandbox) == [HOST]


def test_pooler_is_passed_by_where_the_service_says_so(sandbox: Sandbox) -> None:
    pooler = HOST.replace("d4.", "d4-pooler.")
    sandbox.services(f"[p]\nhost={pooler}\n#lakebase: profile=PROD\n#lakebase: strip_pooler=yes\n")
    assert sandbox.run("token", "p", "--format", "pgpass").stdout.startswith(f"{HOST}:5432:")
    assert sandbox.run("token", pooler).returncode == 0
    assert chosen_hosts(sandbox) == [HOST] and len(sandbox.requests()) == 1


# What goes wrong

FILE = "{home}/.pg_service.conf"
REFUSED = [
    ("no such service", TWO, ["nope"], {}, 'no service file has a section "nope"; there are "orders", "stock"'),
    ("no services at all", "", ["nope"], {}, 'no service file has a section "nope"; add it to ~/.pg_service.conf'),
    ("nothing known", "", [], {}, "no service file has a section for a Lakebase; name a host, or describe a service in ~/.pg_service.conf"),
    ("several", TWO, [], {}, 'several services can be meant; name one of "orders", "stock"'),
    ("PGSERVICE unknown", TWO, [], {"PGSERVICE": "x"}, 'no service file has a section "x"; there are "orders", "stock"'),
    (
        "foreign host",
        "[p]\nhost=db.example.com\n",
        ["p"],
        {},
        f'the service "p" in {FILE} leads to db.example.com, which is not a Lakebase host; correct it, or, if it '
        'leads to one, add a line like "#lakebase: profile=NAME" to its section in ~/.pg_service.conf',
    ),
    (
        "mixed hosts",
        f"[p]\nhost={HOST},db.example.com\n",
        ["p"],
        {},
        f'the service "p" in {FILE} leads to db.example.com, which is not a Lakebase host; correct it, or, if it '
        'leads to one, add a line like "#lakebase: profile=NAME" to its section in ~/.pg_service.conf',
    ),
    (
        "foreign host given",
        "",
        ["db.example.com"],
        {},
        'db.example.com is not a Lakebase host; correct it, or, if it leads to one, add a line like '
        '"#lakebase: profile=NAME" to its section in ~/.pg_service.conf',
    ),
    ("no host", "[p]\n#lakebase: profile=x\n", ["p"], {}, f'the service "p" in {FILE} gives no host; add a line host= with its host'),
    (
        "unknown directive",
        f"[p]\nhost={HOST}\n#lakebase: profil=x\n",
        ["p"],
        {},
        f'the settings of the service "p" in {FILE} do not count: "profil" is no setting that pglakebase knows',
    ),
    (
        "native",
        f"[p]\nhost={HOST}\n#lakebase: auth=native\n",
        ["p"],
        {},
        f'the service "p" in {FILE} logs in with a password of its own (password= or auth=native); take that away to '
        "sign in to Databricks instead",
    ),
    (
        "own password",
        f"[p]\nhost={HOST}\npassword=x\n#lakebase: profile=x\n",
        ["p"],
        {},
        f'the service "p" in {FILE} logs in with a password of its own (password= or auth=native); take that away to '
        "sign in to Databricks instead",
    ),
    (
        "pooler",
        "",
        [HOST.replace("d4.", "d4-pooler.")],
        {},
        HOST.replace("d4.", "d4-pooler.") + ' is a pooler, which takes native passwords only; use the host without "-pooler", or say '
        '"#lakebase: strip_pooler=yes" in the service',
    ),
    (
        "two sections with one host",
        f"[a]\nhost={HOST}\n#lakebase: profile=x\n[b]\nhost={HOST}\n#lakebase: profile=y\n",
        [HOST],
        {},
        f"several services with settings stand for the host {HOST} in the service file; name one of them instead",
    ),
    (
        "hosts of two sections",
        TWO,
        [f"{HOST},{OTHER_HOST}"],
        {},
        f"the hosts {HOST},{OTHER_HOST} do not belong to one service; ask for one of them at a time",
    ),
]


@pytest.mark.parametrize("services, arguments, env, sentence", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_not_configured(sandbox: Sandbox, services, arguments, env, sentence) -> None:
    sandbox.services(services)
    done = sandbox.run("token", *arguments, env=env)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "pglakebase: " + sentence.format(home=sandbox.home) + "\n"
    assert sandbox.requests() == []


def test_declaring_a_host_needs_the_users_own_file(sandbox: Sandbox) -> None:
    file = sandbox.services("[own]\nhost=db.example.com\n#lakebase: profile=x\n", "elsewhere.conf")
    done = sandbox.run("token", "own", env={"PGSERVICEFILE": str(file)})
    assert done.returncode == 3
    assert "declares the host db.example.com, which is not Databricks' own" in done.stderr


def test_writable_service_file_does_not_count(orders: Sandbox) -> None:
    (orders.home / ".pg_service.conf").chmod(0o666)
    done = orders.run("token", "orders")
    assert done.returncode == 3
    assert "do not count: the file must be an absolute path, belong to you or root" in done.stderr


@pytest.mark.parametrize("permanent, code", [(True, 4), (False, 5)])
def test_failed_sign_in(orders: Sandbox, permanent: bool, code: int) -> None:
    orders.behave(failure="signing in was refused\x1b[31m by example; do that", permanent=permanent)
    done = orders.run("token", "orders")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == "pglakebase: signing in was refused?[31m by example; do that\n"


def test_shared_failure_is_not_asked_again(orders: Sandbox) -> None:
    orders.behave(failure="no", permanent=True)
    orders.run("token", "orders")
    assert orders.run("token", "orders").returncode == 4
    assert len(orders.requests()) == 1


def test_no_helper(orders: Sandbox) -> None:
    (orders.tools / "pglakebase-fetch").unlink()
    done = orders.run("token", "orders")
    assert done.returncode == 5
    assert "pglakebase-fetch cannot be started" in done.stderr


def test_helper_that_says_nothing(orders: Sandbox) -> None:
    orders.behave(reply="garbage")
    done = orders.run("token", "orders", "--force")
    assert (done.returncode, done.stdout) == (5, "")
    assert "ended without an answer" in done.stderr


def test_timeout(orders: Sandbox) -> None:
    orders.behave(delay=5)
    started = time.monotonic()
    done = orders.run("token", "orders", "--timeout", "1")
    assert 0.9 < time.monotonic() - started < 4
    assert done.returncode == 5


def test_min_life_makes_a_new_one(orders: Sandbox) -> None:
    orders.behave(life_ms=600_000, age_ms=1000)
    first = orders.run("token", "orders").stdout
    assert orders.run("token", "orders", "--min-life", "500").stdout == first
    orders.behave(life_ms=3_600_000)
    assert orders.run("token", "orders", "--min-life", "1000").stdout not in ("", first)


def test_min_life_that_cannot_be_had(orders: Sandbox) -> None:
    done = orders.run("token", "orders", "--min-life", "7200")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("pglakebase: the credential lives 3")
    assert done.stderr.endswith("ask for a smaller --min-life\n")


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["--format", "xml"], "--format: xml not in {raw,json,pgpass,uri}"),
        (["--min-life", "x"], "--min-life: Value x not in range 0 to 86400"),
        (["--timeout", "0"], "--timeout: Value 0 not in range 1 to 600"),
        (["--frob"], "the following argument was not expected: --frob"),
        (["a", "b"], "the following argument was not expected: b"),
    ],
)
def test_usage(orders: Sandbox, arguments: list[str], sentence: str) -> None:
    done = orders.run("token", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'pglakebase: {sentence}; see "pglakebase token --help"\n'


# The output itself


def test_closed_pipe(orders: Sandbox) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = orders.run("token", "orders", stdout=writer)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == "pglakebase: the output cannot be written: Broken pipe; see where standard output leads\n"


def test_full_disk(orders: Sandbox) -> None:
    with open("/dev/full", "w") as full:
        done = orders.run("token", "orders", stdout=full)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr


def test_closed_output(orders: Sandbox) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" token orders >&-', orders.command],
        env=orders.environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "the output cannot be written" in done.stderr
    assert "eyJ" not in done.stderr


def test_no_secret_where_others_can_see_it(orders: Sandbox) -> None:
    done = orders.run("token", "orders", "--format", "json")
    assert SECRET not in done.stdout + done.stderr
    assert f"secret.env.DATABRICKS_CLIENT_SECRET={SECRET}\n" in orders.requests()[0]
    for file in orders.cache.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        assert SECRET.encode() not in file.read_bytes()


def test_without_any_cache(orders: Sandbox) -> None:
    done = orders.run("token", "orders", env={"PGLAKEBASE_CACHE_DIR": "/proc/nowhere"})
    assert (done.returncode, done.stdout) == (0, "eyJ.stub.token\n")
