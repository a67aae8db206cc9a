"""A connection pooler takes native passwords only: it is refused in clear words, or passed by where the service says so."""

from __future__ import annotations

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.gateway_log import assert_safe_logins

APP = inventory.APP.name


def pooler_of(host: str) -> str:
    label, _, domain = host.partition(".")
    return f"{label}-pooler.{domain}"


def test_pooler_is_refused(client: Client, lakebase: LocalLakebase) -> None:
    host = lakebase.hosts["demo"]
    client.service("orders", "profile=DEMO", host=pooler_of(host))
    done = client.psql("service=orders", "-w")
    assert done.code == 2
    for words in ("takes native passwords only", f'connect to "{host}"', "strip_pooler=yes"):
        assert words in done.error, done.error
    assert lakebase.connections() == []


def test_pooler_is_passed_by(client: Client, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=DEMO", "strip_pooler=yes", host=pooler_of(lakebase.hosts["demo"]))
    assert client.psql("service=orders", "-w").ok().text == APP
    assert_safe_logins(lakebase)
