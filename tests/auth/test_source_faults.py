"""Each way of signing in when the server that it asks is in trouble: one sentence, in time, and nobody else instead."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import SignIn
from .sources import GOOGLE, SOURCES, Source, private_file

# Of those whom nobody answers; the others are told at once, if the machine is not busy.
PATIENCE = 3

STATUSES = {"401": 401, "403": 403, "404": 404}
ANSWERS = {"garbage": ("no JSON object", {}), "null": ("no JSON object", {}), "empty": ("no JSON object", {}),
           "html": ("web page", {}), "wrong_types": ("no t", {}), "huge": ("far more than a credential", {"bytes": 2 << 20})}
PASSING = {"429": ("limits how often", {"status": 429, "retry_after": 60}), "500": ("could not answer", {"status": 500})}


@pytest.fixture(params=SOURCES, ids=lambda source: source.auth_type)
def source(request: pytest.FixtureRequest) -> Source:
    return request.param


def names_it(sentence: str, sign_in: SignIn, source: Source) -> bool:
    return sign_in.lakebase.workspace()["url"] in sentence and f"signing in by {source.auth_type}" in sentence


def stays_with_it(sign_in: SignIn, source: Source) -> None:
    """Nothing was asked but that server: no further source, no credential."""
    asked = [route for route, count in sign_in.calls().items() if count]
    assert asked == [source.route], asked


def test_refused_with_its_own_error(sign_in: SignIn, source: Source) -> None:
    sign_in.lakebase.fault("api", "status", source.route, status=400, body=source.refusal)
    sentence = sign_in.refusal(**source.settings(sign_in.lakebase, sign_in.directory))
    assert "HTTP 400" in sentence and names_it(sentence, sign_in, source)
    stays_with_it(sign_in, source)


@pytest.mark.parametrize("status", [pytest.param(s, marks=pytest.mark.full if s != "401" else ()) for s in STATUSES])
def test_refused(sign_in: SignIn, source: Source, status: str) -> None:
    sign_in.lakebase.fault("api", "status", source.route, status=STATUSES[status])
    sentence = sign_in.refusal(**source.settings(sign_in.lakebase, sign_in.directory))
    assert names_it(sentence, sign_in, source) and "HTTP 40" in sentence
    assert sum(sign_in.calls().values()) <= 3


@pytest.mark.parametrize("kind", [
    pytest.param(k, marks=pytest.mark.full if k in ("null", "empty", "html") else ()) for k in ANSWERS])
def test_answers_that_cannot_be_used(sign_in: SignIn, source: Source, kind: str) -> None:
    part, options = ANSWERS[kind]
    sign_in.lakebase.fault("api", kind, source.route, **options)
    sentence = sign_in.refusal(**source.settings(sign_in.lakebase, sign_in.directory))
    assert part in sentence and names_it(sentence, sign_in, source)
    stays_with_it(sign_in, source)


def test_fields_that_are_missing(sign_in: SignIn, source: Source) -> None:
    for number, field in enumerate(source.fields):
        sign_in.lakebase.clear_faults()
        sign_in.lakebase.fault("api", "missing_field", source.route, field=field)
        sentence = sign_in.refusal(PGLAKEBASE_CACHE_DIR=str(sign_in.directory / f"cache-{number}"),
                                   **source.settings(sign_in.lakebase, sign_in.directory))
        assert "is missing" in sentence and field[:4] in sentence and names_it(sentence, sign_in, source)


def test_tokens_that_have_ended(sign_in: SignIn, source: Source) -> None:
    sign_in.lakebase.fault("api", "expired_token", source.route, age=7200)
    sentence = sign_in.refusal(**source.settings(sign_in.lakebase, sign_in.directory))
    assert names_it(sentence, sign_in, source)


@pytest.mark.parametrize("kind", [
    pytest.param(kind, marks=pytest.mark.full if kind != "429" else ()) for kind in PASSING])
def test_troubles_that_pass(sign_in: SignIn, source: Source, kind: str) -> None:
    part, options = PASSING[kind]
    sign_in.lakebase.fault("api", "status", source.route, **options)
    # A new identity token may be a new identity, for which nobody has asked yet.
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    begun = time.monotonic()
    sentence = sign_in.refusal(2 * PATIENCE, **settings)
    in_time = "still under way" in sentence
    assert in_time or part in sentence and names_it(sentence, sign_in, source)
    assert time.monotonic() - begun < 2 * PATIENCE + 10
    if in_time:
        # Whoever asks again hears why, once the helper has given up.
        sentence = sign_in.refusal(45, **settings)
        assert part in sentence and names_it(sentence, sign_in, source)
    stays_with_it(sign_in, source)


@pytest.mark.full
def test_those_who_hang(sign_in: SignIn) -> None:
    """All at once, since each takes as long as a helper lives. Who asks again hears why, once it has given up."""
    for route in {source.route for source in SOURCES}:
        sign_in.lakebase.fault("api", "hang", route)
    settings = []
    for number, source in enumerate(SOURCES):
        directory = sign_in.directory / str(number)
        directory.mkdir()
        settings.append(source.settings(sign_in.lakebase, directory) | {"PGLAKEBASE_CACHE_DIR": str(directory / "cache")})

    def sentences(env: dict[str, str]) -> tuple[str, str]:
        return sign_in.refusal(PATIENCE, **env), sign_in.refusal(45, **env)

    with ThreadPoolExecutor(len(SOURCES)) as pool:
        for source, (first, last) in zip(SOURCES, pool.map(sentences, settings), strict=True):
            assert "still under way" in first
            assert "in time" in last and names_it(last, sign_in, source)
    asked = {route for route, count in sign_in.calls().items() if count}
    assert asked == {source.route for source in SOURCES}


def test_nobody_listens(sign_in: SignIn, source: Source) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"https://localhost:{unused.getsockname()[1]}"
        settings = source.settings(sign_in.lakebase, sign_in.directory)
        if source.route == GOOGLE:
            key = sign_in.lakebase.identities["google_credentials"].replace(sign_in.env["DATABRICKS_HOST"], closed)
            settings["GOOGLE_CREDENTIALS"] = private_file(sign_in.directory / "closed.json", key)
        elif source.address == "DATABRICKS_HOST":
            settings["DATABRICKS_HOST"] = closed
        else:
            settings[source.address] = closed + "/?a=b"
        sentence = sign_in.refusal(PATIENCE, **settings)
    assert closed in sentence and f"signing in by {source.auth_type}" in sentence
    assert sign_in.calls() == {}


SECRETS = {"pat": "DATABRICKS_TOKEN", "basic": "DATABRICKS_PASSWORD", "oauth-m2m": "DATABRICKS_CLIENT_SECRET",
           "metadata-service": "DATABRICKS_METADATA_SERVICE_URL", "github-oidc": "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
           "azure-devops-oidc": "SYSTEM_ACCESSTOKEN", "env-oidc": "DATABRICKS_OIDC_TOKEN"}


@pytest.mark.parametrize("name", SECRETS)
def test_wrong_secrets(sign_in: SignIn, name: str) -> None:
    """The local servers look at them; a broken principal is not passed over, one that is not there is."""
    source = next(s for s in SOURCES if s.auth_type == name)
    settings = source.settings(sign_in.lakebase, sign_in.directory)
    right = settings.pop(SECRETS[name])
    assert f"{name}: no " in sign_in.refusal(PATIENCE, **settings)
    settings[SECRETS[name]] = right[:-4] + ("AAAA" if right[-4:] != "AAAA" else "BBBB")
    assert names_it(sign_in.refusal(PATIENCE, **settings), sign_in, source)
