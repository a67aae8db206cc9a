#!/usr/bin/env python3
"""Checks what may include what, and that the code inside hosts needs nothing of the C++ run time.

    cli -> auth -> net, config, crypto -> core <- shim
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ALLOWED = {
    "core": set(),
    "shim": {"core"},
    "user": set(),
    "net": {"core"},
    "crypto": {"core"},
    "config": {"core"},
    "auth": {"core", "net", "crypto", "config"},
    "cli": {"core", "net", "crypto", "config", "auth"},
}
RESTRICTED = ("core", "shim", "user")
# Standard headers that bring nothing which has to be linked.
RESTRICTED_STANDARD = {
    *("algorithm", "array", "atomic", "bit", "cerrno", "climits", "csignal", "cstdarg", "cstddef", "cstdint"),
    *("cstdio", "cstdlib", "cstring", "ctime", "limits", "new", "optional", "span", "string_view", "tuple"),
    *("type_traits", "utility", "concepts", "initializer_list"),
}
FORBIDDEN = {
    r"\bstd::(string|vector|map|set|unordered_map|unordered_set|deque|list|function|thread|mutex|unique_ptr|shared_ptr"
    r"|make_unique|make_shared|ostream|cout|cerr|format|to_string)\b(?!_view)": "needs the C++ run time",
    r"\bnew\s+[A-Za-z_]": "new: allocate with Text or malloc",
    r"\bdelete\b(?!\s*[;,)]\s*$)(?<!= delete)": "delete: allocate with Text or malloc",
    r"\b(throw|try|catch)\b": "no exceptions here",
    r"\b(dynamic_cast|typeid)\b": "no RTTI here",
    r"\.substr\(": "substr() can throw: use slice()",
    r"\.at\(": "at() can throw",
    r"\bvirtual\b": "a virtual destructor calls operator delete",
    r"\b(exit|abort|_exit|quick_exit)\(": "must not end the host",
    r"\bassert\(": "must not end the host",
    r"\b(?:std::)?getenv\(": "use environment(): it is inert under AT_SECURE",
    r"\b(?:set|put|unset)env\(": "must not change the host's environment",
    r"\bsetlocale\(|\bsignal\(|\bstrtok\(|\bgetpwuid\(|\blocaltime\(|\bgmtime\(": "touches state of the host",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
STATIC = re.compile(r"^\s+static\s+(?!const(?:expr|init)?\b|inline|_?assert|thread_local|std::atomic\b)\w[\w:<>,\s*&]*[\w>*&]\s+\w+\s*(=|;|\{|\()")


def code_lines(text: str):
    """Lines without comments and the inside of string literals; good enough for words to look for."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        if not INCLUDE.match(line):
            line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
            line = re.sub(r"//.*", "", line)
        yield number, line


class Check:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[str] = []

    def run(self) -> list[str]:
        for part in sorted(ALLOWED):
            for folder in (self.root / "src" / part, self.root / "include" / "pglakebase" / part):
                for file in sorted(folder.rglob("*")):
                    if file.suffix in (".cpp", ".hpp", ".c", ".h", ".def"):
                        self.file(part, file)
        known = set(ALLOWED)
        for folder in (self.root / "src", self.root / "include" / "pglakebase"):
            for child in folder.iterdir():
                if child.is_dir() and child.name not in known:
                    self.problems.append(f"{child.relative_to(self.root)}: no part of that name has a place in the layers")
        return self.problems

    def file(self, part: str, file: Path) -> None:
        where = file.relative_to(self.root)
        for number, line in code_lines(file.read_text()):
            say = lambda what: self.problems.append(f"{where}:{number}: {what}")  # noqa: E731
            if include := INCLUDE.match(line):
                self.include(part, file, *include.groups(), say)
            elif part in RESTRICTED:
                for pattern, reason in FORBIDDEN.items():
                    if re.search(pattern, line):
                        say(f"{reason}: {line.strip()}")
                if match := STATIC.match(line):
                    # Functions may be static members; only objects inside functions are meant.
                    if match.group(1) != "(" and file.suffix == ".cpp":
                        say(f"a static that is not constant needs guards, or is state: {line.strip()}")

    def include(self, part: str, file: Path, mark: str, name: str, say) -> None:
        other = re.match(r"pglakebase/(\w+)/", name)
        if other:
            if other.group(1) != part and other.group(1) not in ALLOWED[part]:
                say(f"{part} must not include {name}")
            if other.group(1) == "shim":
                say("headers of the shim are its own: keep them in src/shim")
        elif mark == '"' and name != "pglakebase_config.h":
            if "/" in name or not (file.parent / name).exists():
                say(f'"{name}" is no header beside this file; other parts are included as pglakebase/<part>/x.hpp')
        elif mark == "<" and part in RESTRICTED and not self.is_c_header(name) and name not in RESTRICTED_STANDARD:
            say(f"<{name}> may need the C++ run time")

    @staticmethod
    def is_c_header(name: str) -> bool:
        return name.endswith(".h")


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    problems = Check(root).run()
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
