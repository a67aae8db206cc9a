"""Sessions begin in the schema that the service or the environment names, beside options that were given."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client

from .hosts import Hosts
from .test_failed_connections import revived

APP = inventory.APP.name
ASK = "select current_setting('search_path') || ' ' || current_setting('work_mem')"


@pytest.mark.parametrize("directives, env, expected", [
    (("schema=shop",), {}, '"shop" 4MB'),
    (("schema=Odd \"name\"\\x",), {"PGOPTIONS": "-c work_mem=1MB"}, '"Odd ""name""\\x" 1MB'),
    (("schema=per-developer", "schema_prefix=dev"), {"PGUSER": "app"}, '"dev_app" 4MB'),
    ((), {"PGSCHEMA": "by_variable"}, '"by_variable" 4MB'),
    ((), {"LAKEBASE_SCHEMA": "by_other_variable"}, '"by_other_variable" 4MB'),
    (("schema=shop",), {"PGOPTIONS": "-c Search_Path=mine"}, "mine 4MB"),
    (("schema=shop",), {"PGOPTIONS": "--search-path=mine -c work_mem=2MB"}, "mine 2MB"),
    (("schema=shop",), {"PGOPTIONS": "-c work_mem=3MB\\"}, '"shop" 3MB'),
], ids=str)  # fmt: skip
def test_schema(client: Client, directives: tuple[str, ...], env: dict[str, str], expected: str) -> None:
    client.service("orders", "profile=DEMO", *directives)
    if "PGUSER" in env:
        env = {**env, "PGUSER": APP}
        expected = f'"dev_{APP.partition("@")[0]}" 4MB'
    assert client.psql("service=orders", sql=ASK, env=env).ok().text == expected


@pytest.mark.parametrize("schema, expected", [("per-developer", f"dev_{APP}"), ("shop", "shop")])
def test_schema_after_an_outage_at_boot(hosts: Hosts, lakebase: LocalLakebase, probes: Path, schema: str, expected: str) -> None:
    """Who the program is turns out when it resets; its schema goes by that."""
    hosts.client.service("mine", "profile=DEMO", f"schema={schema}", "schema_prefix=dev")
    lakebase.fault("api", "status", "*", status=503)
    values = revived(hosts, probes, "reset", "connectdb", "service=mine connect_timeout=2 options='-c work_mem=1MB'")
    assert (values["status"], values["current_user"]) == ("ok", APP)
    assert lakebase.connections()[-1]["options"] == f'-c work_mem=1MB -c search_path="{expected}"'
