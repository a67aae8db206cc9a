"""What the local Lakebase's own tests share."""

from __future__ import annotations

import pytest

from ..client import LocalLakebase
from .http_client import Api


@pytest.fixture
def api(lakebase: LocalLakebase) -> Api:
    return Api(lakebase)
