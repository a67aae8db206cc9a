#!/usr/bin/env python3
"""Checks a built libpglakebase.so: what it needs, exports and weighs, and how it is protected.

usage: check_library.py LIBRARY NAMES...

NAMES are the lists of wrapped and hooked functions (src/shim/*_functions.def). Prints the glibc versions the library asks for.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SIZE_LIMIT = 150 * 1024
# Of 2012: RHEL 7, and the first that ran on aarch64.
NEWEST_GLIBC = (2, 17)
EM_AARCH64 = 183


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def binutil(name: str, library: Path) -> str:
    """The program for the processor that the library is built for; readelf alone reads all."""
    foreign = library.read_bytes()[18] == EM_AARCH64 and platform.machine() != "aarch64"
    return f"aarch64-linux-gnu-{name}" if foreign else name


def wrapped_names(*definitions: Path) -> set[str]:
    text = "\n".join(file.read_text() for file in definitions)
    text = re.sub(r"//.*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    return set(re.findall(r"\bPQ\w+|\bdl(?:sym|open)\b", text))


def stripped_size(file: Path) -> int:
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / file.name
        output(binutil("strip", file), "-o", str(copy), str(file))
        return copy.stat().st_size


def dynamic_symbols(library: Path) -> tuple[set[str], set[str]]:
    exported, wanted = set(), set()
    for line in output(binutil("nm", library), "-D", str(library)).splitlines():
        kind, name = line.split()[-2:]
        (wanted if kind in ("U", "w", "v") else exported).add(name)
    return exported, wanted


def problems(library: Path, names: set[str], size_limit: int = SIZE_LIMIT) -> list[str]:
    found = []
    dynamic = output("readelf", "--dynamic", "--wide", str(library))
    headers = output("readelf", "--program-headers", "--wide", str(library))
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    # On aarch64 the stack protector's value stands in the dynamic linker itself.
    if [name for name in needed if not name.startswith("ld-linux")] != ["libc.so.6"]:
        found.append(f"needs {needed}, not libc.so.6 alone")
    exported, wanted = dynamic_symbols(library)
    if exported != names:
        found.append(f"exports too much: {sorted(exported - names)}; too little: {sorted(names - exported)}")
    runtime = [name for name in wanted if name.startswith("_Z") or "cxa_" in name and name.split("@")[0] != "__cxa_finalize"]
    runtime += [name for name in wanted if name.split("@")[0] in ("__gxx_personality_v0", "_Unwind_Resume")]
    if runtime:
        found.append(f"wants the C++ run time: {sorted(runtime)}")
    if "GNU_RELRO" not in headers or not re.search(r"\(FLAGS(_1)?\).*\b(BIND_NOW|NOW)\b", dynamic):
        found.append("is not protected by full RELRO")
    if re.search(r"\(TEXTREL\)|\bTEXTREL\b", dynamic):
        found.append("has text relocations")
    stack = re.search(r"GNU_STACK.*", headers)
    if stack is None or re.search(r"\bRWE\b", stack.group(0)):
        found.append("asks for an executable stack")
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        found.append("has a path for libraries built in")
    size = stripped_size(library)
    if size > size_limit:
        found.append(f"is {size} bytes stripped, more than {size_limit}")
    if too_new := [version for version in glibc_versions(library) if as_numbers(version) > NEWEST_GLIBC]:
        names = sorted(name for name in wanted if name.rpartition("@GLIBC_")[2] in too_new)
        found.append(f"does not load on an older glibc for the sake of {', '.join(names)}")
    return found


def as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def glibc_versions(library: Path) -> list[str]:
    versions = set(re.findall(r"GLIBC_([\d.]+)", output("readelf", "--version-info", "--wide", str(library))))
    return sorted(versions, key=as_numbers)


def main() -> int:
    library, *definitions = map(Path, sys.argv[1:])
    found = problems(library, wrapped_names(*definitions))
    print(f"{library}: {stripped_size(library)} bytes stripped, glibc {', '.join(glibc_versions(library))}")
    for problem in found:
        print(f"{library} {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
