from __future__ import annotations

import json
import os
import re
import time

import pytest

from .conftest import HOST, OTHER_HOST, SECRET, Sandbox

TWO = f"[orders]\nhost={HOST}\n#lakebase: profile=PROD\n[stock]\nhost={OTHER_HOST}\n#lakebase: profile=DEV\n"


@pytest.fixture
def two(sandbox: Sandbox) -> Sandbox:
    sandbox.services(TWO)
    return sandbox


def status(sandbox: Sandbox, **env: str) -> dict:
    done = sandbox.run("status", "--json", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def golden(text: str) -> str:
    """What differs from run to run replaced by its kind."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"\b\d+ s ago", "N s ago", text)
    return re.sub(r"process \d+", "process N", text)


# status


def test_nothing(two: Sandbox) -> None:
    done = two.run("status")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"cache directory: {two.cache}\n\nNothing is remembered: no credential and no failure.\n"
    )
    assert status(two) == {"cache": str(two.cache), "entries": []}


def test_credential(two: Sandbox) -> None:
    two.run("token", "orders")
    done = two.run("status")
    assert golden(done.stdout) == (
        f"cache directory: {two.cache}\n"
        f"\n{HOST}\n"
        "  service       orders\n"
        "  identity      725c546b\n"
        "  user          stub-role\n"
        "  obtained      N s ago\n"
        "  expires       in 59 min (TIME)\n"
        "  next refresh  in 39 min\n"
    )


def test_json(two: Sandbox) -> None:
    two.behave(age_ms=600_000, life_ms=3_000_000)
    two.run("token", "orders")
    entry = status(two)["entries"][0]
    assert len(entry.pop("request")) == 8
    assert 598 <= entry.pop("age") <= 620
    assert 2980 <= entry.pop("expires_in") <= 3000
    assert 1780 <= entry.pop("refresh_in") <= 1800
    for name in ("issued_at", "expires_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.pop(name))
    assert entry == {
        "hosts": [HOST],
        "services": ["orders"],
        "state": "fresh",
        "identity": "725c546b",
        "user": "stub-role",
    }


def test_refresh_before_of_the_service_counts(two: Sandbox) -> None:
    two.services(TWO + "#lakebase: refresh_before=600\n")
    two.run("token", "stock")
    assert 2980 <= status(two)["entries"][0]["refresh_in"] <= 3000


@pytest.mark.parametrize("age, life, state", [(0, 3600, "fresh"), (3000, 600, "ageing"), (3600, 0.3, "expired")])
def test_states(two: Sandbox, age: int, life: float, state: str) -> None:
    two.behave(age_ms=age * 1000, life_ms=int(life * 1000))
    two.run("token", "orders")
    if state == "expired":
        time.sleep(0.4)
    assert status(two)["entries"][0]["state"] == state
    text = two.run("status").stdout
    assert {"fresh": "next refresh  in ", "ageing": "next refresh  at the next connection", "expired": "  expired       "}[state] in text


def test_entries_are_ordered_by_host(two: Sandbox) -> None:
    two.run("token", "stock")
    two.behave(identity="other")
    two.run("token", "orders")
    assert [entry["hosts"] for entry in status(two)["entries"]] == [[HOST], [OTHER_HOST]]


def test_service_is_named_only_where_it_means_that_entry(two: Sandbox) -> None:
    two.run("token", "orders")
    assert status(two)["entries"][0]["services"] == ["orders"]
    assert status(two, DATABRICKS_CLIENT_ID="another")["entries"][0]["services"] == []


def test_failure(two: Sandbox) -> None:
    two.behave(failure="the workspace\x1b[2J is away; try again", hold_ms=300_500)
    two.run("token", "orders")
    done = two.run("status")
    assert done.stdout.split("\n", 2)[2] == (
        "request " + two.cached("failure")[0].name[8:16] + "\n"
        "  service       orders\n"
        "  credential    none\n"
        "  last failure  the workspace?[2J is away; try again\n"
        "  tried again   in 5 min\n"
    )
    failure = status(two)["entries"][0]["failure"]
    assert failure.pop("not_before").endswith("Z")
    assert failure == {"sentence": "the workspace\x1b[2J is away; try again", "permanent": False}


def test_fetch_under_way(two: Sandbox) -> None:
    two.run("token", "orders")
    name = two.cached("request")[0].name.partition("-")[2]
    note = two.cache / f"fetching-{name}"

    def write(pid: int, since_ms: int) -> None:
        note.write_text(f"pglakebase=1\nkind=fetching\npid={pid}\nsince_ms={since_ms}\nend=1\n")
        note.chmod(0o600)

    now = int(time.time() * 1000)
    write(os.getpid(), now - 2000)
    fetching = status(two)["entries"][0]["fetching"]
    assert fetching["process"] == os.getpid()
    assert re.search(r"  fetching      since \d s, by process \d+\n", two.run("status").stdout)
    write(os.getpid(), now - 60_000)
    assert "fetching" not in status(two)["entries"][0]
    write(2**22 + 1, now)
    assert "fetching" not in status(two)["entries"][0]


def test_no_secret_is_shown(two: Sandbox) -> None:
    two.run("token", "orders")
    two.run("token", "stock")
    shown = two.run("status").stdout + two.run("status", "--json").stdout
    assert "eyJ" not in shown and SECRET not in shown and "stub-role" in shown
    # Nor enough of a name to find the entry's file by its secret key.
    assert two.cached("request")[0].name.partition("-")[2] not in shown


def test_needs_no_helper_and_writes_nothing(two: Sandbox) -> None:
    two.run("token", "orders")
    (two.tools / "pglakebase-fetch").unlink()
    before = {file.name: file.stat().st_mtime_ns for file in two.cache.iterdir()}
    assert len(status(two)["entries"]) == 1
    assert {file.name: file.stat().st_mtime_ns for file in two.cache.iterdir()} == before


def test_damaged_files_are_passed_over(two: Sandbox) -> None:
    two.run("token", "orders")
    (two.cache / ("request-" + "0" * 64)).write_text("garbage")
    (two.cache / ("failure-" + "1" * 64)).symlink_to("/etc/passwd")
    (two.cache / "request-short").write_text("")
    (two.cache / ("fetching-" + "2" * 64)).mkdir()
    assert [entry["hosts"] for entry in status(two)["entries"]] == [[HOST]]


def test_no_cache(two: Sandbox) -> None:
    assert status(two, PGLAKEBASE_CACHE_DIR="/proc/nowhere") == {"cache": None, "entries": []}
    text = two.run("status", env={"PGLAKEBASE_CACHE_DIR": "/proc/nowhere"}).stdout
    assert text.startswith("cache directory: none can be used; nothing is kept\n")


# forget


def test_forget_a_service(two: Sandbox) -> None:
    two.run("token", "orders")
    two.behave(identity="other")
    two.run("token", "stock")
    done = two.run("forget", "orders")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Forgot orders: its credential, its identity.\n"
    assert [entry["hosts"] for entry in status(two)["entries"]] == [[OTHER_HOST]]
    assert len(two.cached("credential")) == 1
    two.run("token", "orders")
    assert len(two.requests()) == 3


def test_forget_nothing(two: Sandbox) -> None:
    done = two.run("forget", "orders")
    assert (done.returncode, done.stdout) == (0, "Nothing was remembered for orders.\n")
    done = two.run("forget", "--all")
    assert (done.returncode, done.stdout) == (0, "Nothing was remembered.\n")


def test_forget_a_failure(two: Sandbox) -> None:
    two.behave(failure="no", permanent=True)
    two.run("token", "orders")
    assert two.run("forget", "orders").stdout == "Forgot orders: its last failure.\n"
    two.behave()
    assert two.run("token", "orders").returncode == 0


def test_forget_a_host_under_all_settings(two: Sandbox) -> None:
    two.run("token", "orders")
    two.run("token", "orders", env={"DATABRICKS_CLIENT_ID": "another"})
    assert len(two.cached("request")) == 2
    assert two.run("forget", HOST.upper()).returncode == 0
    assert two.cached("request") == []


def test_forget_chooses_like_token(two: Sandbox) -> None:
    two.run("token", "orders")
    assert two.run("forget").returncode == 3
    assert two.run("forget", env={"PGSERVICE": "orders"}).stdout.startswith("Forgot orders: ")
    done = two.run("forget", "nope")
    assert (done.returncode, done.stdout) == (3, "")


def test_forget_all(two: Sandbox) -> None:
    two.run("token", "orders")
    others = ["workspace", "endpoint", "user", "issued", "roots"]
    for kind in others:
        (two.cache / f"{kind}-{'a' * 64}").write_text("x")
    (two.cache / "lock-i0a1").write_text("")
    (two.cache / "notes").write_text("not ours")
    done = two.run("forget", "--all")
    assert (done.returncode, done.stdout) == (0, f"Forgot 1 credential and {len(others) + 1} other records.\n")
    assert sorted(file.name for file in two.cache.iterdir()) == ["key", "lock-i0a1", "notes"]


def test_forget_all_or_one(two: Sandbox) -> None:
    done = two.run("forget", "orders", "--all")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "pglakebase: --all and a service exclude each other; give one of them\n"


def test_forget_what_cannot_be_removed(two: Sandbox) -> None:
    assert two.run("forget", "--all", env={"PGLAKEBASE_CACHE_DIR": "/proc/nowhere"}).stdout == "Nothing was remembered.\n"
