"""The Azure workspace and Microsoft's servers, reached by their real names through a proxy of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.azure.clouds import CLOUDS
from lakebase.client import LocalLakebase
from support.build import library
from support.client import Client
from support.connect_proxy import ConnectProxy
from support.fetch_request import Request

ENDPOINT = "projects/blue/branches/production/endpoints/primary"
WORKSPACE = f"https://{inventory.AZURE_WORKSPACE_HOST}"


VAULTS = ("your-keyvault-name", "lakebase-vault", "no-such-vault")
MICROSOFT = ("pipelines.actions.githubusercontent.com",
             *(name for cloud in CLOUDS for name in (cloud.login, cloud.resource_manager,
                                                     *(f"{vault}.{cloud.vaults}" for vault in VAULTS))))


def proxy_to(lakebase: LocalLakebase) -> ConnectProxy:
    ports = {**{cloud.workspace: lakebase.ports["azure-api"] for cloud in CLOUDS},
             **{name: lakebase.ports["azure"] for name in MICROSOFT}}
    return ConnectProxy(leads_to={f"{name}:443": ("127.0.0.1", port) for name, port in ports.items()})


@pytest.fixture
def proxy(lakebase: LocalLakebase) -> Iterator[ConnectProxy]:
    with proxy_to(lakebase) as running:
        yield running


@pytest.fixture
def request_(lakebase: LocalLakebase, proxy: ConnectProxy, tmp_path: Path) -> Request:
    """To the real helper: the Azure workspace, and nobody to sign in as yet."""
    home = tmp_path / "home"
    home.mkdir()
    return Request([lakebase.hosts["azure-workspace"]], tmp_path / "cache", home,
                   {"DATABRICKS_HOST": WORKSPACE, "LAKEBASE_ENDPOINT": ENDPOINT},
                   network={"SSL_CERT_FILE": str(lakebase.ca_file), "https_proxy": f"http://127.0.0.1:{proxy.port}"})


@pytest.fixture
def client(build: Path, lakebase: LocalLakebase, proxy: ConnectProxy, tmp_path: Path) -> Client:
    """Programs with the library preloaded, on a machine where nobody is signed in yet."""
    made = Client(library(build), build, lakebase, tmp_path)
    del made.env["DATABRICKS_CONFIG_FILE"]
    made.env |= {"https_proxy": f"http://127.0.0.1:{proxy.port}", "DATABRICKS_HOST": WORKSPACE,
                 "LAKEBASE_ENDPOINT": ENDPOINT}
    return made
