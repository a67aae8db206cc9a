"""Every source of Azure's, end to end: settings, this source, workspace token, database credential, psql's current_user."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.client import Client

from .sources import SOURCES, Source


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_psql_is_signed_in(source: Source, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    client.env |= source.settings(lakebase, tmp_path)
    conninfo = client.direct("azure-workspace", dbname="databricks_postgres")
    assert client.psql(conninfo).ok().text == source.identity
    if source.server:
        assert lakebase.calls(source.route, source.server) == (2 if source.name == "Arc" else 1)
    # The second connection is served from the cache.
    lakebase.forget()
    assert client.psql(conninfo).ok().text == source.identity
    assert not lakebase.counters()["calls"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_auth_type_chooses_it(source: Source, lakebase: LocalLakebase, client: Client, tmp_path: Path) -> None:
    client.env |= source.settings(lakebase, tmp_path) | {"DATABRICKS_AUTH_TYPE": source.auth_type}
    assert client.psql(client.direct("azure-workspace", dbname="databricks_postgres")).ok().text == source.identity
