"""A request to the real helper, ready to be run against the local Lakebase."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.fetch_request import Request

ENDPOINT = "projects/shop/branches/production/endpoints/primary"


@pytest.fixture
def pat(lakebase: LocalLakebase) -> str:
    return lakebase.workspace()["pats"][inventory.DEV.name]


@pytest.fixture
def request_(lakebase: LocalLakebase, tmp_path: Path) -> Request:
    """A service principal, the demo endpoint."""
    home = tmp_path / "home"
    home.mkdir()
    workspace = lakebase.workspace()
    environment = {"DATABRICKS_HOST": workspace["url"], "DATABRICKS_CLIENT_ID": inventory.APP.name,
                   "DATABRICKS_CLIENT_SECRET": workspace["secrets"][inventory.APP.name],
                   "LAKEBASE_ENDPOINT": ENDPOINT}
    return Request([lakebase.hosts["demo"]], tmp_path / "cache", home, environment,
                   network={"SSL_CERT_FILE": str(lakebase.ca_file)})


@pytest.fixture
def pat_request(request_: Request, pat: str) -> Request:
    for name in ("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"):
        del request_.environment[name]
    request_.environment["DATABRICKS_TOKEN"] = pat
    return request_
