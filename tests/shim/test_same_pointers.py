"""What is none of our business reaches libpq as it is: the same function, the same pointers, the same answer.

A stand-in for libpq tells what it was called with.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.client import Client, Outcome
from support.stub import Stub

FUNCTIONS = {"PQconnectdb", "PQconnectStart", "PQconnectdbParams", "PQconnectStartParams", "PQsetdbLogin",
             "PQconnectPoll", "PQreset", "PQresetStart", "PQresetPoll", "PQfinish", "PQerrorMessage"}
LINE = re.compile(r"(\w+), (.+): same(, after a question)?$")
CONNECTING = {"PQconnectdb", "PQconnectStart", "PQconnectdbParams", "PQconnectStartParams", "PQsetdbLogin"}


@pytest.fixture(params=["linked", "plugin", "two plugins"])
def call(request: pytest.FixtureRequest, stubbed: Client, probes: Path):
    """Linked to libpq; or opened RTLD_LOCAL with a libpq of an odd name, as a wheel brings it; or two of those."""
    plugins = {"linked": (), "plugin": ("caller_plugin",), "two plugins": ("caller_plugin", "caller_plugin_2")}
    names = plugins[request.param]
    program = probes / ("plugin_host" if names else "linked_caller")
    files = [probes / f"lib{name}.so" for name in names]

    def run(plain: str = "db.example.com", lakebase: str = stubbed.lakebase.hosts["demo"], **options: object) -> Outcome:
        return stubbed.run(program, plain, lakebase, *files, **options)

    return run


def test_same_pointers(call, stub: Stub) -> None:
    done = call().ok()
    lines = [LINE.match(line) for line in done.text.splitlines()]
    assert all(lines), done.text
    assert {line[1] for line in lines if line} == FUNCTIONS
    # The library was awake: it asked about what may be Lakebase, and left it at that. What cannot be costs no question.
    for line in lines:
        if line and line[1] in CONNECTING and line[2].startswith(("plain", "native")):
            assert bool(line[3]) == line[2].startswith("native"), line[0]
    assert stub.runs() == []


@pytest.mark.parametrize("env", [{"PGLAKEBASE": "off"}, {"USE_LAKEBASE": "false"}])
def test_switched_off(call, stubbed: Client, env: dict[str, str]) -> None:
    """Then nothing is even asked, also for hosts of Lakebase."""
    done = call(plain=stubbed.lakebase.hosts["demo"], env=env).ok()
    assert "question" not in done.text


def test_without_the_library_all_the_same(call) -> None:
    """The probe itself tells the truth."""
    done = call(preload=False).ok()
    assert "question" not in done.text and "DIFFERENT" not in done.text
