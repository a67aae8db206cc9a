"""Faults of the workspace API, each as a client sees it."""

from __future__ import annotations

import email.utils
import http.client
import socket
import time

import pytest

from ..client import LocalLakebase
from ..control_client import ControlError
from ..inventory import APP, BATCH
from .http_client import ENDPOINT_CREDENTIALS, TOKEN_ROUTE, Api
from .psql import psql


def test_status_with_retry_after(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "status", ENDPOINT_CREDENTIALS, status=503, retry_after=7, times=1)
    answer = api.credential()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert api.credential().status == 200


def test_retry_after_as_a_date(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "status", TOKEN_ROUTE, status=429, retry_after="date:30")
    moment = email.utils.parsedate_to_datetime(api.token().headers["Retry-After"])
    assert 25 < moment.timestamp() - time.time() < 35


def test_after_and_one_workspace(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "status", "*", status=500, body="TEMPORARILY_UNAVAILABLE: later", after=1, workspace="demo")
    assert api.token().status == 200
    assert api.token().body == b"TEMPORARILY_UNAVAILABLE: later"
    assert Api(lakebase, "second").request("GET", "/.well-known/databricks-config").status == 200


def test_delay_and_hang(api: Api, lakebase: LocalLakebase) -> None:
    number = lakebase.fault("api", "delay", ENDPOINT_CREDENTIALS, seconds=0.5)
    begun = time.monotonic()
    assert api.credential().status == 200
    assert time.monotonic() - begun >= 0.5
    lakebase.clear_faults(number)
    lakebase.fault("api", "hang", ENDPOINT_CREDENTIALS)
    with pytest.raises(socket.timeout):
        api.post("/api/2.0/postgres/credentials", {}, timeout=1)


def test_latency_of_everything(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.set(api_latency_ms=300)
    begun = time.monotonic()
    api.token()
    assert time.monotonic() - begun >= 0.3


def test_connection_troubles(api: Api, lakebase: LocalLakebase) -> None:
    # Python's ssl module tells a reset as an end of file.
    for kind in ("reset", "reset_after_headers", "truncate"):
        lakebase.fault("api", kind, TOKEN_ROUTE, times=1)
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            api.token()
        assert api.token().status == 200


def test_bodies(api: Api, lakebase: LocalLakebase) -> None:
    for kind, words in (("garbage", b"not json"), ("empty", b""), ("null", b"null"), ("html", b"<!DOCTYPE html>")):
        lakebase.fault("api", kind, ENDPOINT_CREDENTIALS, times=1)
        answer = api.credential()
        assert answer.status == 200
        assert words in answer.body
    lakebase.fault("api", "huge", ENDPOINT_CREDENTIALS, times=1, bytes=2 << 20)
    assert len(api.credential().body) > 2 << 20


def test_endless_body(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "huge", TOKEN_ROUTE, times=1)
    connection = http.client.HTTPSConnection("localhost", lakebase.ports["api"], context=api._context, timeout=5)
    connection.request("POST", "/oidc/v1/token", b"")
    answer = connection.getresponse()
    assert len(answer.read(8 << 20)) == 8 << 20
    answer.close()
    connection.close()
    assert api.token().status == 200


def test_fields(api: Api, lakebase: LocalLakebase) -> None:
    def spoilt(kind: str, **options: object) -> dict[str, object]:
        lakebase.fault("api", kind, ENDPOINT_CREDENTIALS, times=1, **options)
        return api.credential().json()

    assert "token" not in spoilt("missing_field", field="token")
    assert spoilt("null_field", field="expire_time")["expire_time"] is None
    assert spoilt("set_field", field="token", value=7)["token"] == 7
    assert isinstance(spoilt("wrong_types")["token"], list)


def test_redirect(api: Api, lakebase: LocalLakebase) -> None:
    elsewhere = f"https://127.0.0.1:{lakebase.ports['second-api']}/oidc/v1/token"
    lakebase.fault("api", "redirect", TOKEN_ROUTE, location=elsewhere, status=307)
    answer = api.token()
    assert (answer.status, answer.headers["Location"]) == (307, elsewhere)
    assert lakebase.calls(TOKEN_ROUTE, "second") == 0


def test_wrong_tokens(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "expired_token", ENDPOINT_CREDENTIALS, times=1)
    assert "External authorization failed" in psql(lakebase, APP.name, api.credential().json()["token"]).error
    lakebase.fault("api", "other_identity", ENDPOINT_CREDENTIALS, times=1, identity=BATCH.name)
    assert psql(lakebase, BATCH.name, api.credential().json()["token"]).out == BATCH.name


def test_clocks(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "date_skew", TOKEN_ROUTE, seconds=-7200)
    date = email.utils.parsedate_to_datetime(api.token().headers["Date"])
    assert date.timestamp() < time.time() - 7000
    lakebase.set(clock_skew=7200)
    assert api.credential().json()["expire_time"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9000))


def test_rate_limit(api: Api, lakebase: LocalLakebase) -> None:
    lakebase.fault("api", "rate_limit", TOKEN_ROUTE, per_second=3, retry_after=1)
    answers = [api.token() for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].error == "RESOURCE_EXHAUSTED"
    time.sleep(1.1)
    assert api.token().status == 200
    assert lakebase.counters()["statuses"][f"demo {TOKEN_ROUTE} 429"] == 2


def test_nonsense_is_refused(lakebase: LocalLakebase) -> None:
    for arguments, options in ((("api", "no-such"), {}), (("api", "status"), {"colour": 1}),
                               (("gateway", "drop"), {"stage": "never"}), (("api", "redirect"), {})):
        with pytest.raises(ControlError):
            lakebase.fault(*arguments, **options)
    with pytest.raises(ControlError):
        lakebase.set(colour=1)
