"""Fresh, ageing, last minute, expired: what is served, who waits, and what the API sees of it. Up and down."""

from __future__ import annotations

import time

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client, Outcome
from support.gateway_log import assert_safe_logins
from support.records import CachedCredential
from support.waiting import wait_until

APP = inventory.APP.name
CREDENTIALS = "POST /api/2.0/postgres/credentials"
TOKEN = "POST /oidc/v1/token"

# Seconds since it was issued, and left. One hour is what Lakebase gives.
FRESH, AGEING, LAST_MINUTE, EXPIRED = (600, 3000), (3000, 600), (3570, 30), (3601, -1)
# One tenth of a short life is its last minute; it is waited for half of what is left.
LAST_SECONDS = (54, 6)


@pytest.fixture
def warm(client: Client, lakebase: LocalLakebase) -> CachedCredential:
    """One connect was made; the counters are at nought again."""
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    client.psql("service=orders").ok()
    lakebase.forget()
    return CachedCredential(client.cache)


def down(lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "status", status=503)


def connect(client: Client, seconds: int = 20) -> Outcome:
    return client.psql(f"service=orders connect_timeout={seconds}", "-w")


def sent(lakebase: LocalLakebase) -> list[str]:
    return [login["password_sha256"] for login in assert_safe_logins(lakebase)]


def calls(lakebase: LocalLakebase) -> int:
    return sum(lakebase.counters()["calls"].values())


@pytest.mark.parametrize("up", [True, False])
def test_fresh(client: Client, warm: CachedCredential, lakebase: LocalLakebase, up: bool) -> None:
    warm.age(since=FRESH[0], left=FRESH[1])
    if not up:
        down(lakebase)
    for _ in range(3):
        connect(client).ok()
    assert sent(lakebase) == [warm.sha256] * 3
    assert calls(lakebase) == 0


def test_ageing(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    """Served at once, renewed behind its back, by one helper for all."""
    old = warm.sha256
    warm.age(since=AGEING[0], left=AGEING[1])
    lakebase.fault("api", "delay", CREDENTIALS, seconds=3)
    for _ in range(4):
        connect(client).ok()
    assert sent(lakebase) == [old] * 4
    assert wait_until(lambda: warm.sha256 != old, 30)
    assert lakebase.calls(CREDENTIALS) == 1
    # The workspace token was still good.
    assert lakebase.calls(TOKEN) == 0
    lakebase.forget()
    connect(client).ok()
    assert sent(lakebase) == [warm.sha256]


def test_ageing_while_the_api_is_down(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    """Nobody notices, and the API is not stormed."""
    warm.age(since=AGEING[0], left=AGEING[1])
    down(lakebase)
    for _ in range(6):
        connect(client).ok()
    assert sent(lakebase) == [warm.sha256] * 6
    # Retries of one helper, not of one for each.
    assert calls(lakebase) <= 8


def test_last_minute(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    old = warm.sha256
    warm.age(since=LAST_MINUTE[0], left=LAST_MINUTE[1])
    lakebase.fault("api", "delay", CREDENTIALS, seconds=1)
    connect(client).ok()
    assert sent(lakebase) == [warm.sha256] != [old]


def test_last_minute_while_the_api_is_down(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    """Better an old one that still works than none."""
    warm.age(since=LAST_SECONDS[0], left=LAST_SECONDS[1])
    lakebase.fault("api", "hang")
    connect(client).ok()
    assert sent(lakebase) == [warm.sha256]


def test_expired(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    old = warm.sha256
    warm.age(since=EXPIRED[0], left=EXPIRED[1])
    connect(client).ok()
    assert sent(lakebase) == [warm.sha256] != [old]
    assert lakebase.calls(CREDENTIALS) == 1


def test_expired_while_the_api_is_down(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    warm.age(since=EXPIRED[0], left=EXPIRED[1])
    down(lakebase)
    failed = connect(client, seconds=4)
    assert failed.code == 2
    assert failed.error.count("\n") == 0 and "no token for the service" in failed.error
    assert lakebase.connections() == [] or not any(c["password_received"] for c in lakebase.connections())
    lakebase.clear_faults()
    # Once it is back, so are we; no later than the hold-off says.
    assert wait_until(lambda: connect(client).code == 0, 40)


def test_failure_is_shared(client: Client, lakebase: LocalLakebase) -> None:
    """A permanent error is asked for once, however many want to know."""
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    lakebase.fault("api", "status", CREDENTIALS, status=403)
    started = time.monotonic()
    said = {connect(client).error for _ in range(4)}
    assert len(said) == 1
    # Asked again after ten seconds; a busy machine may take longer than that for the four.
    assert lakebase.calls(CREDENTIALS) <= 1 + (time.monotonic() - started) // 10


def test_short_lives(client: Client, lakebase: LocalLakebase) -> None:
    """Tokens of seconds: every connect works, and never with an expired one."""
    lakebase.set_token_lifetime(6)
    client.service("orders", "profile=DEMO", "endpoint=projects/shop/branches/production/endpoints/primary")
    wait_until(lambda: connect(client).ok() and len(set(sent(lakebase))) > 2, 40)
    assert {c["result"] for c in assert_safe_logins(lakebase)} == {"ok"}
    assert len(set(sent(lakebase))) > 2


def test_clock_set_back(client: Client, warm: CachedCredential, lakebase: LocalLakebase) -> None:
    """A record from the future proves nothing."""
    warm.age(since=-3600, left=7200)
    connect(client).ok()
    assert lakebase.calls(CREDENTIALS) == 1
