"""A thousand logins at once, as a thousand processes would make."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from ..client import LocalLakebase
from ..inventory import APP

LOGINS = 1000


def test_a_thousand_logins(lakebase: LocalLakebase) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 2 * LOGINS + 200:
        pytest.skip("too few file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    conninfo = lakebase.conninfo(user=APP.name, password=lakebase.mint(APP.name))
    with ThreadPoolExecutor(LOGINS) as pool:
        connections = list(pool.map(lambda _: psycopg2.connect(conninfo), range(LOGINS)))
    cursor = connections[-1].cursor()
    cursor.execute("select count(*) from pg_stat_activity where usename = %s", (APP.name,))
    assert cursor.fetchone()[0] == LOGINS
    for connection in connections:
        connection.close()
    assert lakebase.counters()["logins"] == {"ok": LOGINS}


def test_much_data_both_ways(lakebase: LocalLakebase) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    connection = psycopg2.connect(lakebase.conninfo(user=APP.name, password=lakebase.mint(APP.name)))
    cursor = connection.cursor()
    text = "lakebase" * 4_000_000
    cursor.execute("select %s || md5(%s)", (text, text))
    assert len(cursor.fetchone()[0]) == len(text) + 32
    connection.close()
