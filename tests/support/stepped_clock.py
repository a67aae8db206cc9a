"""The wall clock of some processes, stepped while they live (libfaketime). What is counted with (monotonic, boot time) goes on."""

from __future__ import annotations

from pathlib import Path

from .product import Product


def libfaketime() -> Path:
    [found] = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    return found


class SteppedClock:
    """Of the programs that are started with `env`, and of all helpers."""

    def __init__(self, product: Product, directory: Path) -> None:
        self._offset = directory / "clock"
        self.step(0)
        settings = {
            "FAKETIME_TIMESTAMP_FILE": str(self._offset), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Files keep the times that they have.
            "NO_FAKE_STAT": "1",
        }
        self.env = settings | {"LD_PRELOAD": f"{product.preload} {libfaketime()}"}
        product.hamper("\n".join(f"export {name}='{value}'" for name, value in (settings | {"LD_PRELOAD": libfaketime()}).items()))

    def step(self, seconds: int) -> None:
        """To so far ahead of the true time; who looks meanwhile sees the old or the new one."""
        aside = self._offset.with_suffix(".new")
        aside.write_text(f"{seconds:+d}\n")
        aside.rename(self._offset)
