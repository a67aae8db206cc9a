"""Very many processes at once with an empty cache: few calls, few helpers, no failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.crowd import ENDPOINTS, fleet_services, rush
from support.fetch_request import Request
from support.product import CREDENTIALS, TOKENS, Product


def report(what: str, values: dict[str, str], product: Product) -> None:
    print(f"{what}: {values}, helpers={len(product.helpers())}, calls={product.calls()}")


@pytest.mark.parametrize("count", [120, pytest.param(1000, marks=pytest.mark.full)])
def test_one_sign_in_for_all(product: Product, crowd_probes: Path, count: int) -> None:
    values = rush(product, crowd_probes, count, 1, "demo")
    report(f"{count} processes", values, product)
    assert product.calls() == (1, 1)
    assert len(product.helpers()) <= 8
    product.assert_private()
    assert product.files.of("fetching") == []
    # The library adds little to a process of libpq's.
    assert int(values["maxrss_kib"]) < 40_000


@pytest.mark.parametrize("each", [2, pytest.param(20, marks=pytest.mark.full)])
def test_fifty_endpoints_with_a_limited_api(fleet: LocalLakebase, build: Path, tmp_path: Path, crowd_probes: Path,
                                            each: int) -> None:
    product = Product(build, fleet, tmp_path)
    fleet_services(product)
    fleet.fault("api", "rate_limit", "*", per_second=10, retry_after=1)
    values = rush(product, crowd_probes, ENDPOINTS * each, ENDPOINTS, "fleet@")
    report(f"{ENDPOINTS} endpoints, {each} processes each", values, product)
    statuses = fleet.counters()["statuses"]
    assert (statuses[f"demo {TOKENS} 200"], statuses[f"demo {CREDENTIALS} 200"]) == (1, ENDPOINTS)
    # Refused: the first of each second, and what was under way when the first refusal came.
    refused = sum(count for call, count in statuses.items() if call.endswith(" 429"))
    print(f"refused calls: {refused}")
    assert refused <= ENDPOINTS
    assert len(product.helpers()) <= 2 * ENDPOINTS


# The kernel counts what a process was before it became the program, so that must be small.
LARGEST = """
import os, sys
nothing = (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[nothing])
_, status, usage = os.wait4(pid, 0)
assert status == 0
print(usage.ru_maxrss)
"""


def test_memory_of_the_helper(product: Product, tmp_path: Path) -> None:
    env = product.lakebase.env()
    request = Request(hosts=[product.lakebase.hosts["demo"]], cache=tmp_path / "own", home=product.home,
                      environment={name: env[name] for name in env if name.startswith("DATABRICKS_")}
                      | {"LAKEBASE_ENDPOINT": "projects/shop/branches/production/endpoints/primary"},
                      network={"SSL_CERT_FILE": env["SSL_CERT_FILE"]})
    done = subprocess.run([sys.executable, "-c", LARGEST, str(product.real_helper)], input=request.document(),
                          capture_output=True, text=True, check=True)
    largest = int(done.stdout)
    print(f"the helper's largest resident size: {largest} KiB")
    assert largest < 64_000
