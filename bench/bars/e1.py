"""E1: what the library adds to a warm connection, beside the same connection with everything given."""

from __future__ import annotations

from collections.abc import Callable

from bench.arena import Arena
from bench.process import Stepped, stepped
from bench.report import Row
from bench.spread import Spread, differences, spread

LATER_LIMIT_US = 60
FIRST_LIMIT_US = 150
PAIRS = 20
# So many connections of a process are not yet like all that follow.
FIRST_ONES = 3

Pair = tuple[float, float]
Starter = Callable[[], Stepped]


def later(ours: Starter, theirs: Starter, rounds: int) -> tuple[list[Pair], list[Pair]]:
    """Two living processes in turn, neither always first; several pairs of them, one after the other, because where a
    process happens to lie in memory makes all of its connections dearer or cheaper."""
    seen: tuple[list[Pair], list[Pair]] = ([], [])
    for _ in range(PAIRS):
        with stepped(ours) as one, stepped(theirs) as other:
            for process in (one, other) * FIRST_ONES:
                process.step()
            for number in range(rounds // PAIRS):
                turns = [(one, seen[0]), (other, seen[1])]
                for process, costs in turns if number % 2 else reversed(turns):
                    costs.append(process.step())
    return seen


def first(ours: Starter, theirs: Starter, rounds: int) -> tuple[list[Pair], list[Pair]]:
    """New processes in turn, of which each connects once."""
    seen: tuple[list[Pair], list[Pair]] = ([], [])
    for number in range(rounds):
        turns = [(ours, seen[0]), (theirs, seen[1])]
        for start, costs in turns if number % 2 else reversed(turns):
            with stepped(start) as process:
                costs.append(process.step())
    return seen


def added(costs: tuple[list[Pair], list[Pair]], column: int) -> Spread:
    ours, theirs = costs
    return differences([pair[column] for pair in ours], [pair[column] for pair in theirs])


def describe(value: Spread) -> str:
    return f"{value.median:.0f} µs ({value.low:.0f} to {value.high:.0f})"


def rows(bar: str, what: str, costs: tuple[list[Pair], list[Pair]], limit: float | None) -> list[Row]:
    cpu, wall = added(costs, 1), added(costs, 0)
    alone_cpu, alone_wall = (spread([pair[column] for pair in costs[1]]) for column in (1, 0))
    figures = {"added_cpu_us": vars(cpu), "added_wall_us": vars(wall), "alone_cpu_us": vars(alone_cpu),
               "alone_wall_us": vars(alone_wall)}
    result = [Row(bar, f"{what}: CPU added", describe(cpu), f"≤ {limit:.0f} µs" if limit else "",
                  f"{alone_cpu.median:.0f} µs without the library", cpu.median <= limit if limit else None, figures)]
    if limit:
        noise = alone_wall.middle_half
        result.append(Row(bar, f"{what}: wall time added", describe(wall), f"noise: {noise:.0f} µs",
                          f"{alone_wall.median:.0f} µs without the library", wall.median <= noise))
    return result


def run(arena: Arena) -> list[Row]:
    client, roots = arena.client_with_bundle()
    program = arena.program("connect_cost")
    (learned,) = roots.files()
    # Both with the very same file of roots, and both with the service file.
    given = arena.given(sslrootcert=str(learned))

    def ours(suffix: str = "", *more: str) -> Starter:
        return lambda: Stepped(program, [f"service=orders{suffix}", *more], client.environment())

    def theirs(suffix: str = "", *more: str) -> Starter:
        return lambda: Stepped(program, [given + suffix, *more], client.environment(preload=False))

    # Refused at a closed port, it would be waited for.
    client.env["PGLAKEBASE_WAKE_TIMEOUT"] = "0"
    client.psql("service=orders").ok()
    closed = (" port=1", "may-fail")
    # No roots are learned for that port, and what is not known yet is not remembered either.
    closed_and_known = (f" port=1 sslrootcert={learned}", "may-fail")
    return [
        *rows("E1", "a process's later connections", later(ours(), theirs(), arena.rounds(1500, 40)), LATER_LIMIT_US),
        *rows("E1", "a process's first connection", first(ours(), theirs(), arena.rounds(600, 20)), FIRST_LIMIT_US),
        *rows("E1", "the same to a closed port, later",
              later(ours(*closed_and_known), theirs(*closed_and_known), arena.rounds(2000, 100)), None),
        *rows("E1", "the same to a closed port, first", first(ours(*closed), theirs(*closed), arena.rounds(400, 20)), None),
    ]
