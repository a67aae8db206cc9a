"""The man page and the protocol name what there is."""

from __future__ import annotations

import re

import pytest

from support.build import ROOT

from .conftest import Sandbox

MAN = (ROOT / "docs" / "pglakebase.1").read_text()
PROTOCOL = (ROOT / "docs" / "PROTOCOL.md").read_text()
COMMANDS = ["run", "token", "status", "forget", "env"]


def sources(*parts: str) -> str:
    files = [file for part in parts for file in sorted((ROOT / "src" / part).glob("*.cpp"))]
    return "".join(file.read_text() for file in files)


def variables_read() -> set[str]:
    text = sources("core", "shim", "cli")
    pattern = r'\b(?:environment|getenv|or_environment|environment_or)\((?:[^()"]*(?:\([^()]*\))?,\s*)?"([A-Z_]+)"'
    found = set(re.findall(pattern, text))
    assert {"PGSERVICE", "PGUSER", "PGDATABASE", "PGLAKEBASE_LOG", "LD_PRELOAD", "PATH"} <= found
    # The dynamic linker's and the helper's own way of passing on what it was told.
    return found - {"SSL_CERT_FILE", "SSL_CERT_DIR"}


@pytest.mark.parametrize("variable", sorted(variables_read()))
def test_variables_are_in_the_man_page(variable: str) -> None:
    assert re.search(rf"^\.(It )?Ev .*\b{variable}\b", MAN, re.M)


@pytest.mark.parametrize("variable", sorted(variables_read() - {"HOME", "PATH"}))
def test_variables_are_in_the_protocol(variable: str) -> None:
    assert f"`{variable}`" in PROTOCOL or f"`${variable}`" in PROTOCOL


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_in_the_man_page(sandbox: Sandbox, command: str) -> None:
    options = set(re.findall(r"--([a-z-]+)", sandbox.run(command, "--help").stdout.split("Examples")[0])) - {"help"}
    assert options or command == "run"
    for option in options:
        assert f"Fl -{option}" in MAN, option


def test_exit_codes_are_in_the_man_page() -> None:
    header = (ROOT / "include" / "pglakebase" / "cli" / "exit_code.hpp").read_text()
    codes = re.findall(r"k_exit_\w+ = (\d+)", header)
    assert len(codes) == 8
    section = MAN.partition(".Sh EXIT STATUS")[2].partition(".Sh EXAMPLES")[0]
    assert re.findall(r"^\.It (\d+)$", section, re.M) == codes


def test_record_kinds_are_in_the_protocol() -> None:
    files = [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "src").rglob("*.cpp")]
    kinds = [kind for file in files for kind in re.findall(r'k_kind_\w+\[\] = "(\w+)"', file.read_text())]
    assert len(kinds) >= 9
    table = PROTOCOL.partition("## Records")[2].partition("## Files")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.M)) == sorted(kinds)


def test_fields_of_records_are_in_the_protocol() -> None:
    entries = (ROOT / "src" / "auth" / "entries.cpp").read_text()
    fields = set(re.findall(r'append_field\((?:out|text|record|content), "(\w+)"', sources("core") + entries))
    assert {"selecting", "token", "since_ms", "not_before_ms"} <= fields
    for field in fields - {"pglakebase", "kind", "end"}:
        assert re.search(rf"`{field}[`=]", PROTOCOL), field


def test_options_of_the_request_are_in_the_protocol() -> None:
    options = set(re.findall(r'"(option\.\w+)"', sources("core")))
    assert len(options) >= 9
    table = PROTOCOL.partition("### What the helper reads")[2].partition("### How it runs")[0]
    assert set(re.findall(r"`(option\.\w+)`", table)) == options
