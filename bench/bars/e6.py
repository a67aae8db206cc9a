"""E6: what is loaded into other programs, and how large all of it is."""

from __future__ import annotations

import importlib.util

from support.build import ROOT, command, helper, library

from bench.arena import Arena
from bench.report import Row

PROGRAM_LIMIT = 4 * 1024 * 1024


def checker():
    """scripts/check_library.py, which the build's own checks use."""
    spec = importlib.util.spec_from_file_location("check_library", ROOT / "scripts" / "check_library.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(arena: Arena) -> list[Row]:
    check = checker()
    shim = library(arena.build)
    names = check.wrapped_names(*(ROOT / "src" / "shim").glob("*_functions.def"))
    exported, _ = check.dynamic_symbols(shim)
    problems = check.problems(shim, names)
    size = check.stripped_size(shim)
    needed = sorted(part.split("[")[1].split("]")[0] for part in check.output("readelf", "--dynamic", "--wide", str(shim)).splitlines()
                    if "(NEEDED)" in part)
    result = [
        Row("E6", "the library, stripped", f"{size:,} bytes", f"≤ {check.SIZE_LIMIT:,}", "", size <= check.SIZE_LIMIT),
        Row("E6", "the library needs", ", ".join(needed), "libc.so.6", "", needed == ["libc.so.6"]),
        Row("E6", "the library exports", f"{len(exported)} names", f"the {len(names)} wrapped ones", "", exported == names),
        Row("E6", "all else that is checked of the library", "; ".join(problems) or "in order", "in order", "", not problems),
    ]
    for program in (command(arena.build), helper(arena.build)):
        size = check.stripped_size(program)
        result.append(Row("E6", f"{program.name}, stripped", f"{size:,} bytes", f"≤ {PROGRAM_LIMIT:,}", "", size <= PROGRAM_LIMIT))
    return result
