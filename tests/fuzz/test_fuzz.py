"""Every file of the corpora, and what the fuzzer makes of them in a second, goes through its target; and it would find a bug."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.build import ROOT


def load(program: Path) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("scripts_fuzz", str(program))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


fuzz = load(ROOT / "scripts" / "fuzz")
TARGETS = sorted(file.stem for file in (ROOT / "fuzz").glob("*.cpp") if file.stem != "main")


@pytest.fixture(autouse=True)
def private_files() -> Iterator[None]:
    """What the fuzzer makes of seeds that look like tokens looks like one, too; a secret that others may read is looked for."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(scope="module")
def built() -> Path:
    directory = ROOT / "build" / "fuzz"
    fuzz.build(directory)
    return directory


def test_each_target_has_a_corpus_and_a_program(built: Path) -> None:
    assert TARGETS == sorted(file.name for file in fuzz.SEEDS.iterdir())
    assert {file.name for file in fuzz.DICTIONARIES.iterdir()} <= set(TARGETS)
    for target in TARGETS:
        assert (built / "fuzz" / f"fuzz_{target}").exists()
        assert len(list((fuzz.SEEDS / target).iterdir())) >= 3


@pytest.mark.parametrize("target", TARGETS)
def test_target(built: Path, tmp_path: Path, target: str) -> None:
    result = fuzz.Fuzz(built, tmp_path).run(target, 1)
    assert result.good, f"{result.output[-6000:]}\nreproducer: {result.reproducer}"
    # Each seed was read, and then something was tried.
    assert result.seeds >= 3 and result.runs > 2 * result.seeds


def test_finds_that_reach_new_code_are_taken(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(fuzz.SEEDS / "host", tmp_path / "finds" / "host")
    (tmp_path / "corpus" / "host").mkdir(parents=True)
    (tmp_path / "corpus" / "host" / "one").write_text("one")
    monkeypatch.setattr(fuzz, "SEEDS", tmp_path / "corpus")
    merged = fuzz.Fuzz(built, tmp_path / "finds")
    assert merged.merge("host") > 1
    assert merged.merge("host") == 0


@pytest.mark.full
def test_for_two_minutes(built: Path, tmp_path: Path) -> None:
    # It takes all processors, which other tests may be in need of.
    command = ["nice", "-n", "10", ROOT / "scripts" / "fuzz", "--seconds", "120", "--build", built, "--finds", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert done.stdout.count("ok ") == len(TARGETS)


# What is broken, and how: each is a mistake that somebody could make.
BUGS = {
    "host": ("src/core/host.cpp", "equals_ignoring_case(domain, zone)", "domain.find(zone) != std::string_view::npos"),
    "freshness": ("src/core/freshness.cpp", "now_ms >= life.expires_ms", "now_ms > life.expires_ms"),
}
NEEDED = {"host": ["text"], "freshness": []}


@pytest.mark.parametrize("target", BUGS)
def test_a_planted_bug_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                                target: str) -> None:  # fmt: skip
    source, right, wrong = BUGS[target]
    text = (ROOT / source).read_text()
    assert text.count(right) == 1
    planted = tmp_path / "planted.cpp"
    planted.write_text(text.replace(right, wrong))
    program = tmp_path / "build" / "fuzz" / f"fuzz_{target}"
    program.parent.mkdir(parents=True)
    sources = [planted, ROOT / "fuzz" / f"{target}.cpp", ROOT / "fuzz" / "main.cpp"]
    sources += [ROOT / "src" / "core" / f"{name}.cpp" for name in NEEDED[target]]
    subprocess.run(
        ["clang++-14", "-std=c++20", "-D_GNU_SOURCE", "-fsanitize=fuzzer", f"-I{ROOT / 'include'}", "-o", program, *sources],
        check=True,
    )
    monkeypatch.setattr(fuzz, "build", lambda directory: None)
    arguments = ["fuzz", "--seconds", "20", "--build", str(tmp_path / "build"), "--finds", str(tmp_path / "finds"), target]
    monkeypatch.setattr(sys, "argv", arguments)
    assert fuzz.main() == 1
    said = capsys.readouterr().out
    reproducer = Path(said.rpartition("reproducer: ")[2].strip())
    assert reproducer.is_file() and reproducer.parent == tmp_path / "finds" / "crashes"
    again = subprocess.run([program, reproducer], capture_output=True)
    assert again.returncode != 0 and b"not true" in again.stderr
