"""What the gateway saw."""

from __future__ import annotations

from typing import Any

from lakebase.client import LocalLakebase


def logins(lakebase: LocalLakebase) -> list[dict[str, Any]]:
    """The connections on which something was said at all."""
    return [c for c in lakebase.connections() if c["result"] not in ("gone",) or c["user"] or c["password_received"]]


def assert_nothing_sent(lakebase: LocalLakebase) -> None:
    """No password arrived anywhere, in whatever way."""
    assert [c for c in lakebase.connections() if c["password_received"]] == []


def assert_safe_logins(lakebase: LocalLakebase, host: str | None = "demo") -> list[dict[str, Any]]:
    """At least one login, all of them over TLS with the right server name and a token; returns them."""
    seen = [c for c in lakebase.connections() if c["password_received"]]
    assert seen, lakebase.connections()
    for login in seen:
        assert login["password_over_tls"] and login["tls"] and login["password_kind"] == "jwt", login
        assert host is None or login["sni"] == lakebase.hosts[host], login
    return seen
