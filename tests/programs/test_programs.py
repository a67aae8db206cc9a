"""Every program of the table connects, survives the end of its token, and recovers from one that is refused."""

from __future__ import annotations

import pytest

from support.build import build_options, build_directory

from . import scenarios, servers
from .document import DOCUMENT, text
from .programs import TABLE, Program
from .scenarios import World

SCENARIOS = {"conversation": scenarios.conversation, "command": scenarios.command, "session": scenarios.session,
             "running": scenarios.busy, "dump": scenarios.dump, "dump_all": scenarios.dump_all,
             "restore": scenarios.restore,
             "replication": scenarios.replication, "fpm": servers.fpm, "apache": servers.apache}
CASES = [pytest.param(program, id=program.name, marks=[pytest.mark.full] if program.full else []) for program in TABLE]


@pytest.mark.parametrize("program", CASES)
def test_program(world: World, program: Program) -> None:
    if build_options(build_directory())["b_sanitize"] != "none":
        pytest.skip("the programs are not built with the sanitizers")
    SCENARIOS[program.kind](world, program)


def test_the_document_has_the_tables_rows() -> None:
    """As scripts/programs-table wrote it."""
    assert DOCUMENT.read_text() == text({program.name: True for program in TABLE})
