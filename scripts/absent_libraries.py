#!/usr/bin/env python3
"""Writes a C++ source that stands for the libraries which libcurl.a was built with and HTTPS never uses.

    scripts/absent_libraries.py NM LIBCURL.A > absent_libraries.cpp

libcurl.so needs some thirty libraries (LDAP, SSH, RTMP, Kerberos, HTTP/2 and what these need), and loading them takes the helper
longer than signing in. Each function of theirs that libcurl.a may call is written here as one that fails. What is unknown is left
out: then the program cannot be linked, and the shared libcurl is taken.
"""

from __future__ import annotations

import re
import subprocess
import sys

# What the functions answer. Mostly 0: no such object, or a function that is only called with one.
NOTHING = "0"
ANSWERS = {
    r"libssh2_\w+": NOTHING,  # libssh2_init(), which libcurl calls at its start, must succeed
    r"(ldap|ber)_\w+": NOTHING,
    r"RTMP_\w+": NOTHING,
    r"nghttp2_(http2_)?strerror": NOTHING,
    r"nghttp2_\w+": "-1",  # no session, should a server speak HTTP/2 unasked
    r"psl_\w+": NOTHING,
    r"idn2_\w+": NOTHING,  # idn2_check_version(): there is none
    r"(BrotliDecoder|ZSTD_)\w+": NOTHING,  # no decoder
    r"(inflate|deflate)\w*|zlibVersion": "-2",  # Z_STREAM_ERROR
    r"(gss|GSS)_\w+": "16L << 16",  # GSS_S_UNAVAILABLE
}


def symbols(nm: str, archive: str) -> tuple[set[str], set[str]]:
    """What is needed and what is defined."""
    listing = subprocess.run([nm, "-P", archive], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    entries = [(words[0], words[1]) for words in map(str.split, listing.splitlines()) if len(words) >= 2]
    return {name for name, kind in entries if kind in "Uwv"}, {name for name, kind in entries if kind not in "Uwv"}


def source(needed: set[str]) -> str:
    lines = ["// Made by scripts/absent_libraries.py.", 'extern "C" {']
    for name in sorted(needed):
        answer = next((answer for pattern, answer in ANSWERS.items() if re.fullmatch(pattern, name)), None)
        if answer is not None:
            lines.append(f"long {name}();\nlong {name}() {{ return {answer}; }}")
    return "\n".join([*lines, "}", ""])


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    needed, defined = symbols(sys.argv[1], sys.argv[2])
    sys.stdout.write(source(needed - defined))
    return 0


if __name__ == "__main__":
    sys.exit(main())
