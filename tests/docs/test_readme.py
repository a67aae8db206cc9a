"""Every command in the README and HACKING is known here and, where it can be, run as it stands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from support.build import ROOT, build_directory, command

PSQL_DIRECTORY = "/usr/lib/postgresql/15/bin"

# Run by scripts/test itself, by other tests, or as its callers do.
RUN_ELSEWHERE = {
    "./scripts/demo": "tests/docs/test_demo.py",
    "./scripts/test": "this is it",
    "./scripts/test --build gcc-debug": "this is it",
    "./scripts/test --build gcc-debug -k layers": "this is it",
    "./scripts/lint": "tests/structure/test_lint.py",
    "./scripts/install-deps": "tests/docs/test_scripts.py",
    "meson setup build/release -Dbuildtype=release -Dtests=false": "tests/structure/test_install.py",
    "ninja -C build/release": "tests/structure/test_install.py",
    "meson install -C build/release": "tests/structure/test_install.py",
    "scripts/fuzz                        # a minute, all targets": "tests/fuzz/test_fuzz.py",
    "scripts/fuzz --seconds 3600 host    # an hour for one": "tests/fuzz/test_fuzz.py",
    "scripts/fuzz --merge host           # takes the finds that reach new code into its corpus": "tests/fuzz/test_fuzz.py",
    "build/gcc-debug/tests/unit/core/core_test --gtest_filter='Cache*'": "the unit tests",
}


def commands(document: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(), flags=re.S | re.M)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


ALL = list(dict.fromkeys(commands("README.md") + commands("docs/HACKING.md")))
HERE = [line for line in ALL if line not in RUN_ELSEWHERE]


def test_there_are_commands() -> None:
    assert len(commands("README.md")) > 8
    assert len(HERE) >= 8


def test_no_entry_of_the_table_is_stale() -> None:
    assert set(RUN_ELSEWHERE) <= set(ALL)


@pytest.fixture(scope="module")
def environment(server: LocalLakebase, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The README's service "orders" and profile, pointing at the local Lakebase."""
    # Others use the same one, and may have left a fault behind.
    server.reset()
    home = tmp_path_factory.mktemp("home")
    demo = server.env()
    section = re.search(r"^\[demo\]\n(.*?)\n(?=\[|\Z)", Path(demo["PGSERVICEFILE"]).read_text(), re.S | re.M)
    assert section is not None
    service_file = home / ".pg_service.conf"
    service_file.write_text("[orders]\n" + section.group(1) + "\n")
    service_file.chmod(0o600)
    return {
        "PATH": f"{command(build_directory()).parent}:{PSQL_DIRECTORY}:/usr/bin:/bin",
        "HOME": str(home),
        "SSL_CERT_FILE": demo["SSL_CERT_FILE"],
        "DATABRICKS_CONFIG_FILE": demo["DATABRICKS_CONFIG_FILE"],
        "PGLAKEBASE_CACHE_DIR": str(home / "cache"),
        "PSQLRC": "/dev/null",
    }


@pytest.mark.parametrize("line", HERE)
def test_command(line: str, environment: dict[str, str], secret_watch) -> None:
    # `pglakebase token` is there to print one.
    with secret_watch.permitted():
        done = subprocess.run(
            ["bash", "-c", line], env=environment, cwd=ROOT, input="select current_user;\n", capture_output=True,
            text=True, timeout=60,
        )
    assert done.returncode == 0, re.sub(r"eyJ[\w.-]+", "(token)", done.stdout + done.stderr)


def test_eval_sets_the_preload(environment: dict[str, str]) -> None:
    script = 'eval "$(pglakebase env)"; psql service=orders -Atc "select current_user"'
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_links_lead_somewhere() -> None:
    for document in ("README.md", "docs/ARCHITECTURE.md", "docs/HACKING.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / document).read_text()):
            assert ((ROOT / document).parent / target).exists(), f"{document}: {target}"


def test_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.cpp")}
    names = {source.split("/")[-1] for source in sources}
    for name in re.findall(r"`([\w/]+\.cpp)`", text):
        assert name in sources or name in names, name


def test_settings_of_the_readme_are_inputs() -> None:
    text = (ROOT / "README.md").read_text()
    table = text[text.index("| comment"):text.index("Each comment")]
    inputs = (ROOT / "src" / "core" / "inputs.cpp").read_text()
    rows = re.findall(r"^\| `(\w+)(?:=\w+)?` \| (.*?) \|", table, re.M)
    assert len(rows) >= 10
    for name, variables in rows:
        row = re.search(rf'\{{"{name}",.*?\}}\}}', inputs, re.S)
        assert row is not None, name
        for variable in re.findall(r"`(\w+)`", variables):
            assert f'"{variable}"' in row.group(0), f"{name}: {variable}"
