"""Message catalogues, as gettext reads them."""

from __future__ import annotations

import struct


def catalogue(translations: dict[str, str]) -> bytes:
    """A GNU message catalogue (.mo)."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **translations}.items())
    tables: list[list[tuple[int, int]]] = [[], []]
    strings = b""
    start = 28 + 16 * len(pairs)
    for table, column in zip(tables, zip(*pairs, strict=True), strict=True):
        for text in column:
            table.append((len(text.encode()), start + len(strings)))
            strings += text.encode() + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return header + b"".join(struct.pack("<2I", *entry) for table in tables for entry in table) + strings
