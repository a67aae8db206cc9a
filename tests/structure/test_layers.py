"""The check of the layers sees what it is there for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.build import ROOT

BREAKS = {
    "upward": ("src/core/x.cpp", '#include "pglakebase/net/http.hpp"\n', "core must not include"),
    "sideways": ("src/net/x.cpp", '#include "pglakebase/config/settings.hpp"\n', "net must not include"),
    "shim beyond core": ("src/shim/x.cpp", '#include "pglakebase/net/http.hpp"\n', "shim must not include"),
    "shim from outside": ("src/cli/x.cpp", '#include "pglakebase/shim/ask.hpp"\n', "headers of the shim"),
    "by path": ("src/cli/x.cpp", '#include "../shim/ask.hpp"\n', "no header beside this file"),
    "header with run time": ("src/core/x.cpp", "#include <string>\n", "<string> may need"),
    "std::string": ("src/core/x.hpp", "std::string f();\n", "run time"),
    "std::function": ("src/shim/x.cpp", "std::function<void()> f;\n", "run time"),
    "new": ("src/core/x.cpp", "int* p = new int;\n", "new:"),
    "throw": ("src/shim/x.cpp", "void f() { throw 1; }\n", "no exceptions"),
    "substr": ("src/core/x.cpp", "auto x = view.substr(1);\n", "can throw"),
    "static object": ("src/core/x.cpp", "int f() {\n  static int calls = 0;\n  return calls;\n}\n", "a static"),
    "getenv": ("src/shim/x.cpp", 'auto x = ::getenv("HOME");\n', "environment()"),
    "exit": ("src/shim/x.cpp", "void f() { exit(1); }\n", "must not end the host"),
    "unknown part": ("src/misc/x.cpp", "\n", "has a place in the layers"),
}
GOOD = {
    "comment": ("src/core/x.cpp", "// never throw, no std::string, no new thing\n"),
    "literal": ("src/core/x.cpp", 'const char* x = "try again, or delete it";\n'),
    "string_view": ("src/core/x.cpp", "#include <string_view>\nstd::string_view x;\n"),
    "deleted": ("src/core/x.hpp", "struct X {\n  X(const X&) = delete;\n};\n"),
    "placement": ("src/core/x.cpp", "#include <new>\nint* f(void* p) {\n  return new (p) int(0);\n}\n"),
    "atomic": ("src/core/x.cpp", "int f() {\n  static std::atomic<int> calls{0};\n  return calls;\n}\n"),
    "constant": ("src/core/x.cpp", "int f() {\n  static const char anchor = 0;\n  return anchor;\n}\n"),
    "downward": ("src/cli/x.cpp", '#include <string>\n#include "pglakebase/auth/chain.hpp"\n'),
}


def run_check(root: Path, file: str, content: str) -> "subprocess.CompletedProcess[str]":
    (root / "include" / "pglakebase").mkdir(parents=True)
    (root / file).parent.mkdir(parents=True)
    (root / file).write_text(content)
    command = [sys.executable, ROOT / "scripts" / "check_layers.py", root]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_found(name: str, tmp_path: Path) -> None:
    file, content, expected = BREAKS[name]
    done = run_check(tmp_path, file, content)
    assert done.returncode == 1
    assert expected in done.stdout


@pytest.mark.parametrize("name", GOOD)
def test_good_code_passes(name: str, tmp_path: Path) -> None:
    done = run_check(tmp_path, *GOOD[name])
    assert done.returncode == 0, done.stdout
