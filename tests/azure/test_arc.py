"""Azure Arc's agent names a key file in its challenge: only the agent's own is read and shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakebase.azure.arc import KEYS
from lakebase.client import LocalLakebase
from support.fetch_request import Request

from .sources import IMDS, arc

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to write where the agent does")

SECRET = "kept-by-somebody-else"


@pytest.fixture
def managed(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> Request:
    request_.environment |= arc(lakebase, tmp_path)
    return request_


@pytest.fixture
def key() -> Iterator[Path]:
    KEYS.mkdir(parents=True, exist_ok=True)
    path = KEYS / "of-this-test.key"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def challenged(lakebase: LocalLakebase, managed: Request, challenge: str) -> str:
    lakebase.fault("api", "status", IMDS, workspace="arc", status=401, headers={"WWW-Authenticate": challenge} if challenge else {})
    return managed.run().sentence


@pytest.mark.parametrize("challenge", [
    "", "Basic", "Bearer realm=/var/opt/azcmagent/tokens/a.key", "Basic realm=/etc/shadow", "Basic realm=relative.key",
    f"Basic realm={KEYS}/../../../../etc/ssl/private/a.key", f"Basic realm={KEYS}/deeper/a.key", f"Basic realm={KEYS}/a.txt",
    f"Basic realm={KEYS}.key", "Basic realm=/var/opt/azcmagent/tokens-of-another/a.key"])
def test_other_files_are_not_read(lakebase: LocalLakebase, managed: Request, challenge: str) -> None:
    sentence = challenged(lakebase, managed, challenge)
    assert "key file" in sentence and "azure-msi" in sentence
    # Nothing was shown.
    assert lakebase.calls(IMDS, "arc") == 1


def test_a_link_is_not_followed(lakebase: LocalLakebase, managed: Request, key: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    key.symlink_to(tmp_path / "secret")
    assert "cannot be read" in challenged(lakebase, managed, f"Basic realm={key}")
    assert lakebase.calls(IMDS, "arc") == 1


@pytest.mark.parametrize("size", [0, 4097])
def test_files_that_are_no_keys(lakebase: LocalLakebase, managed: Request, key: Path, size: int) -> None:
    key.write_text("k" * size)
    assert "cannot be read" in challenged(lakebase, managed, f"Basic realm={key}")
    assert lakebase.calls(IMDS, "arc") == 1


def test_no_pipe_is_waited_for(lakebase: LocalLakebase, managed: Request, key: Path) -> None:
    os.mkfifo(key)
    assert "cannot be read" in challenged(lakebase, managed, f"Basic realm={key}")


def test_the_agent_refuses_the_key(lakebase: LocalLakebase, managed: Request, key: Path) -> None:
    key.write_text(SECRET)
    sentence = challenged(lakebase, managed, f"Basic realm={key}")
    assert "HTTP 401" in sentence and SECRET not in sentence
    assert lakebase.calls(IMDS, "arc") == 2
