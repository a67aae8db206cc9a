"""Two hundred processes at once, an empty cache: one token call, one credential call, no failure."""

from __future__ import annotations

import collections
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.gateway_log import assert_safe_logins

PROCESSES = 200
CREDENTIALS = "POST /api/2.0/postgres/credentials"
TOKEN = "POST /oidc/v1/token"


def run_all(client: Client, probe: Path, conninfos: list[str]) -> collections.Counter[tuple[str, ...]]:
    """Starts one process for each and waits for all; what they say of status, user and error."""
    started = [client.start(probe, "connectdb", conninfo) for conninfo in conninfos]
    ends = collections.Counter()
    for process in started:
        out, _ = process.communicate(timeout=300)
        values = dict(line.split("=", 1) for line in out.decode().splitlines() if "=" in line)
        ends[values.get("status", str(process.returncode)), values.get("current_user", ""), values["error"]] += 1
    return ends


def test_cold_start(client: Client, probes: Path, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    # Slow enough for everybody to come before the first answer.
    lakebase.set(api_latency_ms=300)
    ends = run_all(client, probes / "connect_probe", ["service=orders"] * PROCESSES)
    assert ends == {("ok", inventory.APP.name, ""): PROCESSES}
    assert (lakebase.calls(TOKEN), lakebase.calls(CREDENTIALS)) == (1, 1)
    assert len(assert_safe_logins(lakebase)) == PROCESSES


def test_cold_start_of_two_identities(client: Client, probes: Path, lakebase: LocalLakebase) -> None:
    """Side by side in one cache, nobody gets the other's."""
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    client.service("mine", "profile=PAT", "endpoint=projects/shop/branches/production/endpoints/primary")
    ends = run_all(client, probes / "connect_probe", ["service=orders", "service=mine"] * 20)
    assert ends == {("ok", inventory.APP.name, ""): 20, ("ok", inventory.DEV.name, ""): 20}
    assert (lakebase.calls(TOKEN), lakebase.calls(CREDENTIALS)) == (1, 2)


@pytest.mark.parametrize("status", [403, 503])
def test_cold_start_that_fails(client: Client, probes: Path, lakebase: LocalLakebase, status: int) -> None:
    """All learn it, the API hears of it a few times only."""
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    lakebase.fault("api", "status", CREDENTIALS, status=status)
    ends = run_all(client, probes / "connect_probe", ["service=orders connect_timeout=6"] * 30)
    assert {key[0] for key in ends} == {"bad"}
    assert lakebase.calls(CREDENTIALS) <= (1 if status == 403 else 8)
    assert not any(c["password_received"] for c in lakebase.connections())
