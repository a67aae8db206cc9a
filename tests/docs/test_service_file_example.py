"""The example's entries are read by libpq itself, and its comments by us."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from support.build import ROOT

EXAMPLE = ROOT / "pg_service.conf.example"
PSQL = "/usr/lib/postgresql/15/bin/psql"
SECTIONS = re.findall(r"^\[(.+)\]$", EXAMPLE.read_text(), re.M)


def test_it_has_every_kind() -> None:
    assert {"autoscaling-aws", "autoscaling-azure", "provisioned", "provisioned-azure", "native"} <= set(SECTIONS)


def test_lines_fit_every_libpq() -> None:
    assert max(len(line) for line in EXAMPLE.read_bytes().splitlines()) <= 250


@pytest.mark.parametrize("section", SECTIONS)
def test_libpq_reads_it(section: str) -> None:
    # It gets as far as this value, behind all of the service file, and no farther.
    conninfo = f"service={section} target_session_attrs=not-one"
    environment = os.environ | {"PGSERVICEFILE": str(EXAMPLE), "LC_ALL": "C"}
    done = subprocess.run([PSQL, conninfo], env=environment, capture_output=True, text=True)
    assert 'invalid target_session_attrs value: "not-one"' in done.stderr


def test_every_comment_of_ours_is_a_setting() -> None:
    inputs = (ROOT / "src" / "core" / "inputs.cpp").read_text()
    keys = re.findall(r"^#lakebase: (\w+)=\S+$", EXAMPLE.read_text(), re.M)
    assert len(keys) >= 6
    assert len(keys) == len(re.findall(r"^#lakebase:", EXAMPLE.read_text(), re.M))
    for key in keys:
        assert f'{{"{key}",' in inputs, key


def test_every_setting_is_explained() -> None:
    """A comment for people stands above each new setting."""
    explained: set[str] = set()
    previous = ""
    for line in EXAMPLE.read_text().splitlines():
        setting = re.match(r"(?:#lakebase: )?(\w+)=", line)
        if setting and previous.startswith("#") and not previous.startswith("#lakebase:"):
            explained.add(setting.group(1))
        previous = line
    used = set(re.findall(r"^(?:#lakebase: )?(\w+)=", EXAMPLE.read_text(), re.M))
    assert used <= explained | {"auth"}, used - explained


def test_example_is_installed_whole(tmp_path: Path) -> None:
    assert "pg_service.conf.example" in (ROOT / "meson.build").read_text()
