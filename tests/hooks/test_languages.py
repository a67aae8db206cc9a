"""Real programs that only the hooks reach: psycopg 3 without its C part, and PHP."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.gateway_log import assert_safe_logins

pytestmark = pytest.mark.full
APP = inventory.APP.name
PYTHON = "/usr/bin/python3"
PSYCOPG = {"PSYCOPG_IMPL": "python"}
SYNC = """
import psycopg
assert psycopg.pq.__impl__ == 'python'
with psycopg.connect('service=orders') as connection:
    print(connection.execute('select current_user').fetchone()[0])
"""
ASYNCIO = """
import asyncio, psycopg
async def main():
    async with await psycopg.AsyncConnection.connect('service=orders') as connection:
        print((await (await connection.execute('select current_user')).fetchone())[0])
asyncio.run(main())
"""
PGSQL = """
$c = pg_connect('service=orders');
if (!$c) exit(1);
echo pg_fetch_result(pg_query($c, 'select current_user'), 0, 0), "\\n";
"""
PDO = """
try { $c = new PDO('pgsql:service=orders'); } catch (PDOException $e) { echo $e->getMessage(), "\\n"; exit(1); }
echo $c->query('select current_user')->fetchColumn(), "\\n";
"""
PROGRAMS = {
    "psycopg 3 sync": ([PYTHON, "-c", SYNC], PSYCOPG),
    "psycopg 3 asyncio": ([PYTHON, "-c", ASYNCIO], PSYCOPG),
    "php pgsql": (["php", "-r", PGSQL], {}),
    "php pdo": (["php", "-r", PDO], {}),
}


@pytest.fixture(autouse=True)
def installed() -> None:
    modules = subprocess.run(["php", "-m"], capture_output=True, text=True).stdout if shutil.which("php") else ""
    psycopg = subprocess.run([PYTHON, "-c", "import psycopg"], capture_output=True).returncode == 0
    assert psycopg and "pdo_pgsql" in modules, "run scripts/install-deps --full"


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(client: Client, lakebase: LocalLakebase, name: str) -> None:
    argv, env = PROGRAMS[name]
    assert client.run(*argv, env=env).ok().text == APP
    lakebase.revoke_all()
    assert client.run(*argv, env=env).ok().text == APP
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_the_hooks_it_is_not_reached(client: Client, name: str) -> None:
    argv, env = PROGRAMS[name]
    done = client.run(*argv, env={**env, "PGLAKEBASE_HOOKS": "off"})
    assert done.code != 0 and "no password supplied" in done.text + done.error
