"""The one fault table: what can break, and what every state of the cache must then give.

Each row is run by test_faults.py; docs/FAULTS.md is made of it. A new fault is a new row.
"""

from __future__ import annotations

from support.product import CREDENTIALS, TOKENS

from .model import Fails, Row, Works
from .switches import (Certificate, Deaf, Dns, Fault, Helper, HelperMissing, HelperNotExecutable, Mounts, NoCache, OwnClock,
                       Records, Revoked, ServerClock, Setting, Switch, Variable)

# Calls of one sign-in that is tried again and again: six attempts at most, and the calls before it.
RETRIED = 8
# connect_timeout for what waits as long as it may.
SHORT = 4
WAITED = SHORT + 8

# Else a blocking connect takes what refuses it for an endpoint that is asleep, and waits.
AWAKE = Variable("PGLAKEBASE_WAKE_TIMEOUT", "0")

UNREACHABLE = 2
OUTAGE = 5


# What a client may call a status in its error.
TOO_MANY = "429|RESOURCE_EXHAUSTED"
UNAVAILABLE = "503|UNAVAILABLE"


def api(kind: str, target: str = "*", **options: object) -> tuple[Switch, ...]:
    return (Fault("api", kind, target, options),)


def status(code: int, target: str = CREDENTIALS, **options: object) -> tuple[Switch, ...]:
    return api("status", target, status=code, **options)


def wrong_field(route: str, field: str, value: object) -> tuple[Switch, ...]:
    return api("set_field", route, field=field, value=value)


def gateway(kind: str, **options: object) -> tuple[Switch, ...]:
    return (Fault("gateway", kind, "*", options),)


def everywhere(name: str, broken: str, switches: tuple[Switch, ...], expected: Fails, **more: object) -> Row:
    """A fault of the database's side, which no token helps against."""
    return Row(name, broken, switches, expected, fresh=Fails(expected.words, 2, expected.seconds), ageing=expected,
               last_minute=Fails(expected.words, expected.calls, expected.seconds + 10), **more)  # type: ignore[arg-type]


def outage(words: str, calls: int = RETRIED, **more: float) -> Fails:
    return Fails(words, calls, seconds=20, hold=OUTAGE, **more)


WAITS = Fails("in time|no time|did not answer|still under way", calls=RETRIED, seconds=WAITED)

CONNECTING = [
    Row("refused", "the workspace API refuses connections", (Deaf("api"),),
        Fails("no connection", hold=UNREACHABLE), cause="ECONNREFUSED|refused|connect"),
    Row("closed", "it closes every connection at once", (Fault("connection", "close"),), outage("TLS|connection"),
        cause="socket|closed|disconnected|ECONNRESET"),
    Row("reset", "it resets every connection at once", (Fault("connection", "reset"),), outage("connection|reset|TLS"),
        cause="ECONNRESET|reset"),
    Row("tls-stalls", "the TLS handshake never ends", (Fault("connection", "stall"),), WAITS, patience=SHORT,
        cause="time"),
    Row("certificate-name", "its certificate is for another name", (Certificate("api", "wrong-host"),),
        Fails("certificate"), cause="certificate|altname"),
    Row("certificate-self-signed", "its certificate is self-signed", (Certificate("api", "self-signed"),),
        Fails("certificate"), cause="certificate|self.signed"),
    Row("certificate-unknown", "its certificate is from an unknown authority", (Certificate("api", "untrusted"),),
        Fails("certificate"), cause="certificate"),
    Row("certificate-expired", "its certificate has expired", (Certificate("api", "expired"),), Fails("certificate"),
        cause="certificate|expired"),
    Row("dns-unknown", "its name does not exist", (Dns("nxdomain"),), Fails("resolved", hold=UNREACHABLE),
        cause="ENOTFOUND|getaddrinfo", root=True),
    Row("dns-silent", "the name server does not answer", (Dns("silent"),),
        Fails("resolved|in time|still under way", seconds=WAITED), patience=SHORT, cause="EAI_AGAIN|getaddrinfo|time", root=True),
    Row("dns-late", "the name server takes seconds", (Dns("late"),), Works(seconds=20), root=True),
    Row("proxy-dead", "the proxy is not there", (Variable("HTTPS_PROXY", "http://127.0.0.1:1"),),
        Fails("HTTPS_PROXY", hold=UNREACHABLE), official=False, mended_at_once=True),
]

WAITING = [
    Row("token-hangs", "the token endpoint never answers", api("hang", TOKENS), WAITS, patience=SHORT, cause="time"),
    Row("credential-hangs", "the credentials call never answers", api("hang", CREDENTIALS), WAITS, patience=SHORT,
        cause="time"),
    Row("hangs-midway", "answers stop in the middle", api("hang_midway"), WAITS, patience=SHORT, cause="time"),
    Row("slow", "every answer takes a second", api("delay", seconds=1), Works(seconds=20)),
    Row("reset-midway", "answers are cut off by a reset", api("reset_after_headers"), outage("connection|broke|reset"),
        cause="ECONNRESET|reset|terminated|aborted"),
    Row("truncated", "answers end early", api("truncate"), outage("connection|early|broke|cut"),
        cause="terminated|aborted|closed|JSON|premature"),
]

REFUSED = [
    *(Row(f"http-{code}", f"the credentials call answers {code}", status(code), Fails(f"HTTP {code}"), cause=str(code))
      for code in (400, 401, 403, 404, 409)),
    Row("token-401", "the token endpoint answers 401", status(401, TOKENS), Fails("HTTP 401"), cause="401|UNAUTHENTICATED"),
    Row("token-403", "the token endpoint answers 403", status(403, TOKENS), Fails("HTTP 403"), cause="403|PERMISSION_DENIED"),
    Row("token-404", "the token endpoint answers 404", status(404, TOKENS), Fails("HTTP 404", calls=3), cause="404|NOT_FOUND"),
    Row("wrong-secret", "the client secret is wrong", (Setting("client_secret", "dose" + "0" * 32),),
        Fails("HTTP 401 invalid_client"), fresh=Works(calls=0), cause="401|invalid_client|authentication failed",
        mended_at_once=True),
    Row("endpoint-unknown", "the settings name an endpoint that does not exist",
        (Setting("endpoint", "projects/shop/branches/gone/endpoints/primary"),), Fails("HTTP 404"),
        fresh=Fails("HTTP 404"), ageing=Fails("HTTP 404"), last_minute=Fails("HTTP 404"), cause="404|not.found",
        mended_at_once=True),
]

HEALING = [
    Row("429", "the API answers 429", status(429, "*"), outage("HTTP 429"), cause=TOO_MANY),
    Row("429-seconds", "429 and Retry-After: 100", status(429, "*", retry_after=100),
        Fails("HTTP 429", hold=101), cause=TOO_MANY),
    Row("429-date", "429 and Retry-After as a date", status(429, "*", retry_after="date:200"),
        Fails("HTTP 429", hold=201), cause=TOO_MANY),
    Row("429-absurd", "429 and Retry-After: 99999999999", status(429, "*", retry_after=99999999999),
        Fails("HTTP 429", hold=300), cause=TOO_MANY),
    Row("429-nonsense", "429 and Retry-After: soon", status(429, "*", retry_after="soon"), outage("HTTP 429"),
        cause=TOO_MANY),
    *(Row(str(code), f"the API answers {code}", status(code, "*"), outage(f"HTTP {code}"), cause=cause)
      for code, cause in ((500, "500|INTERNAL"), (502, "502|INTERNAL"), (503, UNAVAILABLE), (504, "504|DEADLINE"))),
    Row("token-503", "the token endpoint alone answers 503", status(503, TOKENS), outage("HTTP 503"), cause=UNAVAILABLE),
    Row("credential-503", "the credentials call alone answers 503", status(503), outage("HTTP 503"), cause=UNAVAILABLE),
    Row("503-html", "503 with a web page", api("html", status=503), outage("HTTP 503"), cause=UNAVAILABLE),
]

ANSWERS = [
    Row("login-page", "200 and a login page", api("html"), Fails("web page"), cause="JSON|html|<!DOCTYPE"),
    Row("redirect", "a redirect to another host", api("redirect", location="https://login.example/"), Fails("redirect"),
        cause="redirect|login\\.example|ENOTFOUND|EAI_AGAIN"),
    Row("not-json", "200 and what is not JSON", api("garbage"), Fails("cannot be used"), cause="JSON"),
    Row("empty", "200 and nothing", api("empty"), Fails("cannot be used"), cause="JSON|empty"),
    Row("null", "200 and null", api("null"), Fails("cannot be used"), cause="null|JSON"),
    Row("wrong-types", "fields of other types", api("wrong_types"), Fails("cannot be used"), cause="type|token|expire|invalid"),
    Row("endless", "an answer without end", api("huge"), Fails("far more"), cause="large|limit|time"),
    Row("gzip-bomb", "a compressed bomb", api("gzip"), Fails("cannot be used|far more"), cause="large|limit|JSON"),
    Row("token-missing", "a credential without its token", api("missing_field", CREDENTIALS, field="token"),
        Fails("token"), cause="token"),
    Row("token-empty", "an empty token", wrong_field(CREDENTIALS, "token", ""), Fails("token"), cause="token"),
    Row("token-newline", "a token with a line break", wrong_field(CREDENTIALS, "token", "a\nb"), Fails("token"),
        cause="token"),
    Row("token-nul", "a token with a NUL", wrong_field(CREDENTIALS, "token", "a\x00b"), Fails("token"), cause="token"),
    Row("token-huge", "a token of a megabyte", wrong_field(CREDENTIALS, "token", "x" * 1_000_000),
        Fails("token|far more|too"), cause="token"),
    Row("access-token-missing", "a sign-in without its token", api("missing_field", TOKENS, field="access_token"),
        Fails("access_token"), cause="retrieve token|access.token"),
    Row("expiry-missing", "a credential without expire_time", api("missing_field", CREDENTIALS, field="expire_time"),
        Fails("expire_time|expiration_time"), cause="expire"),
    Row("expiry-past", "an expire_time in the past", wrong_field(CREDENTIALS, "expire_time", "1999-01-01T00:00:00Z"),
        Fails("expire"), cause="expire"),
    Row("expiry-absurd", "an expire_time in the year 9999",
        wrong_field(CREDENTIALS, "expire_time", "9999-12-31T23:59:59Z"), Works()),
    Row("expiry-format", "an expire_time of another format", wrong_field(CREDENTIALS, "expire_time", "tomorrow"),
        Fails("expire_time"), cause="expire|date|time"),
]

CLOCKS = [
    Row("server-minutes-ahead", "the server's clock is 10 minutes ahead", (ServerClock(600),), Works()),
    Row("server-hours-behind", "the server's clock is 3 hours behind", (ServerClock(-10_800),), Works()),
    Row("clock-back", "this machine's clock was set back by two hours", (OwnClock(-7_200),), Works(), fresh=Works(),
        ageing=Works(), last_minute=Works(), official=False),
    Row("clock-ahead", "this machine's clock was set ahead by two hours", (OwnClock(7_200),), Works(), fresh=Works(),
        ageing=Works(), last_minute=Works(), official=False),
]

DATABASE = [
    Row("revoked", "what was issued is revoked", (Revoked("database"), Revoked("workspace")), Works(), fresh=Works(3),
        ageing=Works(4), last_minute=Works(4)),
    everywhere("rejected", "the database refuses every token", gateway("reject"),
               Fails("did not admit the login|External authorization failed", calls=4), cause="External authorization failed"),
    everywhere("database-refused", "the database refuses connections", (Deaf("gateway"), AWAKE), Fails("refused"),
               cause="ECONNREFUSED"),
    everywhere("database-resets", "the database resets connections", (*gateway("drop", stage="accept", how="reset"), AWAKE),
               Fails("reset|closed|could not"), cause="ECONNRESET|reset"),
    everywhere("database-certificate", "the database's certificate is for another name",
               (Certificate("gateway", "wrong-host"),), Fails("certificate"), cause="certificate|altname"),
]

HERE = [
    Row("cache-is-a-file", "the cache directory's name belongs to a file", (NoCache(),), Works(), fresh=Works(),
        ageing=Works(), last_minute=Works(), official=False, calls_of_each=True),
    Row("cache-read-only", "the cache cannot be written to",
        (Mounts('mount --bind "$CACHE" "$CACHE" && mount -o remount,ro,bind "$CACHE"'),), Works(), official=False,
        calls_of_each=True, root=True),
    Row("cache-full", "the cache's disk is full",
        (Mounts('mount -t tmpfs -o size=128k,mode=700 none "$ASIDE" && cp -a "$CACHE/." "$ASIDE/" && '
                '{ head -c 1M /dev/zero > "$ASIDE/new-0000000000000000" 2>/dev/null || : ; } && '
                'mount --bind "$ASIDE" "$CACHE"'),), Works(), official=False, calls_of_each=True, root=True),
    Row("records-garbage", "all records hold garbage",
        (Records(b"\x00\xff" * 500, ("credential", "request", "workspace", "issued", "swept")),), Works(), fresh=Works(),
        ageing=Works(), last_minute=Works(), official=False),
    Row("records-empty", "all records are empty", (Records(b"", ("credential", "request", "workspace", "issued", "swept")),),
        Works(), fresh=Works(), ageing=Works(), last_minute=Works(), official=False),
    Row("key-damaged", "the cache's key is cut short", (Records(b"short", ("key",)),), Works(), fresh=Works(),
        ageing=Works(), last_minute=Works(), official=False),
    Row("helper-missing", "pglakebase-fetch is not installed", (HelperMissing(),), Fails("cannot be started", 0),
        official=False, mended_at_once=True),
    Row("helper-not-executable", "pglakebase-fetch is not executable", (HelperNotExecutable(),),
        Fails("cannot be started", 0), official=False, mended_at_once=True),
    Row("helper-crashes", "pglakebase-fetch crashes", (Helper("ulimit -c 0; kill -SEGV $$"),),
        Fails("ended without an answer", 0), official=False, mended_at_once=True),
    Row("helper-killed", "pglakebase-fetch is killed while it waits",
        (Helper("(sleep 0.5; kill -KILL $$) >/dev/null 2>&1 &"), *api("delay", seconds=2)),
        Fails("ended without an answer", 40), official=False, mended_at_once=True),
    Row("helper-hangs", "pglakebase-fetch hangs", (Helper("exec sleep 20"),), Fails("in time|still under way", 0, WAITED),
        patience=SHORT, official=False),
    Row("helper-babbles", "pglakebase-fetch answers nonsense", (Helper("echo nonsense; exit 0"),),
        Fails("ended without an answer", 0), official=False, mended_at_once=True),
]

ROWS: tuple[Row, ...] = tuple(CONNECTING + WAITING + REFUSED + HEALING + ANSWERS + CLOCKS + DATABASE + HERE)
