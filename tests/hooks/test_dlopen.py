"""Modules that are opened with RTLD_DEEPBIND: PHP's, FreeRADIUS's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.gateway_log import assert_safe_logins

APP = inventory.APP.name
Compile = Callable[..., Path]


@pytest.fixture
def opened(client: Client, compiled: Compile, tmp_path: Path) -> Callable[..., list[str]]:
    """The module under that name; its own library has the function `answer` (1), the program another (0)."""
    compiled("libanswer.so", source="answer")
    host = compiled("deepbind_host", "-rdynamic")

    def run(name: str, **env: str) -> list[str]:
        module = compiled(name, f"-L{tmp_path}", "-lanswer", "-lpq", f"-Wl,-rpath,{tmp_path}", "-Wl,-z,lazy", source="deepbind_module")
        return client.run(host, module, "service=orders", env=env).ok().text.splitlines()

    return run


@pytest.mark.parametrize("name", ["pgsql.so", "pdo_pgsql.so", "rlm_sql_postgresql.so", "libpq-driver.so", "apr_dbd_pgsql-1.so"])
def test_connects(opened: Callable[..., list[str]], lakebase: LocalLakebase, name: str) -> None:
    # Without the flag the program's function comes first for all names.
    assert opened(name) == ["answer 0", f"user {APP}"]
    assert_safe_logins(lakebase)


@pytest.mark.parametrize("name", ["other.so", "pgsq.so"])
def test_other_modules_keep_the_flag(opened: Callable[..., list[str]], name: str) -> None:
    assert opened(name)[0] == "answer 1"


@pytest.mark.parametrize("variable", ["PGLAKEBASE_HOOKS", "PGLAKEBASE"])
def test_switches(opened: Callable[..., list[str]], variable: str) -> None:
    answer, error = opened("pgsql.so", **{variable: "off"})
    assert answer == "answer 1" and "fe_sendauth: no password supplied" in error
