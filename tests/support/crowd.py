"""Very many processes that connect at one moment."""

from __future__ import annotations

from pathlib import Path

from lakebase.inventory import fleet_endpoint

from .product import Product

ENDPOINTS = 50


def rush(product: Product, probes: Path, count: int, modulus: int, service: str) -> dict[str, str]:
    argument = f"service={service} connect_timeout=60"
    done = product.run(probes / "crowd", str(count), str(modulus), probes / "connect_once", argument, product.preload,
                       preload=False, timeout=200)
    assert done.code == 0, (done.values, sorted(set(done.error.splitlines()))[:10])
    assert done.error == ""
    return done.values


def fleet_services(product: Product) -> None:
    for i in range(ENDPOINTS):
        endpoint = fleet_endpoint(i)
        product.service(f"fleet{i}", "profile=DEMO", f"endpoint={endpoint.name}", host=endpoint.host,
                        dbname="databricks_postgres")
