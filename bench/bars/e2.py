"""E2: programs that have nothing to do with Lakebase."""

from __future__ import annotations

from bench.arena import Arena
from bench.bars.e1 import Starter, added, describe, later
from bench.process import Stepped, run as run_process
from bench.report import Row
from bench.spread import differences, spread

CONNECT_LIMIT_US = 30
START_LIMIT_US = 500
# A program that only looks at itself: what it has open, and its threads.
LOOK = ["/usr/bin/ls", "/proc/self/fd", "/proc/self/task"]


def connections(arena: Arena) -> Row:
    client = arena.client()
    client.service("elsewhere", host="db.example.net", port="plain")
    user = "plain_user"
    conninfo = (f"host=localhost hostaddr=127.0.0.1 port={arena.lakebase.ports['plain']} user={user} "
                f"password={arena.lakebase.passwords[user]} dbname=databricks_postgres sslmode=disable")

    def start(preload: bool) -> Starter:
        environment = client.environment(preload=preload)
        return lambda: Stepped(arena.program("connect_cost"), [conninfo], environment)

    costs = later(start(True), start(False), arena.rounds(1500, 60))
    cpu = added(costs, 1)
    alone = spread([pair[1] for pair in costs[1]])
    return Row("E2", "a connection to another PostgreSQL: CPU added", describe(cpu), f"≤ {CONNECT_LIMIT_US} µs",
               f"{alone.median:.0f} µs without the library", cpu.median <= CONNECT_LIMIT_US,
               {"added_cpu_us": vars(cpu), "added_wall_us": vars(added(costs, 0)), "alone_cpu_us": vars(alone)})


def starts(arena: Arena) -> Row:
    client = arena.client()
    ours, theirs = client.environment(), client.environment(preload=False)
    walls: tuple[list[float], list[float]] = ([], [])
    for number in range(arena.rounds(800, 50)):
        turns = [(ours, walls[0]), (theirs, walls[1])]
        for environment, seen in turns if number % 2 else reversed(turns):
            seen.append(run_process(["/usr/bin/true"], environment).wall_us)
    more = differences(*walls)
    return Row("E2", "a program that never connects: process time added", describe(more), f"≤ {START_LIMIT_US} µs",
               f"{spread(walls[1]).median:.0f} µs without the library", more.median <= START_LIMIT_US,
               {"added_wall_us": vars(more)})


def traces(arena: Arena) -> Row:
    client = arena.client()
    ours, theirs = (client.run(*LOOK, preload=preload).ok().text.split("\n\n") for preload in (True, False))
    count = [[len(part.splitlines()) - 1 for part in parts] for parts in (ours, theirs)]
    return Row("E2", "the same: descriptors and threads", f"{count[0][0]} and {count[0][1]}", "as without",
               f"{count[1][0]} and {count[1][1]}", count[0] == count[1])


def run(arena: Arena) -> list[Row]:
    return [connections(arena), starts(arena), traces(arena)]
