"""The real psql against the gateway."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from ..client import LocalLakebase


@dataclass
class Outcome:
    code: int
    out: str
    error: str


def psql(lakebase: LocalLakebase, user: str, password: str, host: str = "demo", port: str = "gateway",
         sql: str = "select current_user", **conninfo: str) -> Outcome:
    """Verified TLS unless `conninfo` says otherwise; errors come with their SQLSTATE."""
    return run_psql(lakebase, lakebase.conninfo(host, port, user=user, **conninfo), password, sql)


def run_psql(lakebase: LocalLakebase, conninfo: str, password: str, sql: str = "select current_user") -> Outcome:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "LD_PRELOAD"}
    done = subprocess.run(["psql", "-XAtw", "-d", conninfo, "-c", sql], capture_output=True, text=True, timeout=60,
                          env={**clean, **lakebase.env(), "PGPASSWORD": password})
    return Outcome(done.returncode, done.stdout.strip(), done.stderr.strip())
