"""The real helper against the local Lakebase: signing in, both APIs, finding the database, what is kept."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.build import build_directory, helper
from support.fetch_request import Reply, Request, finished
from support.waiting import wait_until

pytestmark = pytest.mark.sanitized

TOKEN = "POST /oidc/v1/token"
AUTOSCALING = "POST /api/2.0/postgres/credentials"
PROVISIONED = "POST /api/2.0/database/credentials"
FIND = "GET /api/2.0/database/instances:findByUid"
PROJECTS = "GET /api/2.0/postgres/projects"
ME = "GET /api/2.0/preview/scim/v2/Me"


def claims(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def calls(lakebase: LocalLakebase) -> dict[str, int]:
    return {route.split(" ", 1)[1]: count for route, count in lakebase.counters()["calls"].items()}


def entries(request: Request, kind: str) -> list[Path]:
    return sorted(request.cache.glob(f"{kind}-*"))


def test_service_principal(lakebase: LocalLakebase, request_: Request) -> None:
    reply = request_.run()
    assert reply.code == 0
    assert claims(reply.token)["sub"] == inventory.APP.name
    assert reply.record["user"] == inventory.APP.name
    assert abs(int(reply.record["expires_ms"]) / 1000 - time.time() - 3600) < 5
    assert calls(lakebase) == {TOKEN: 1, AUTOSCALING: 1}
    assert lakebase.counters()["handshakes"]["api demo"] == 1


def test_the_second_run_makes_no_call(lakebase: LocalLakebase, request_: Request) -> None:
    first = request_.run()
    lakebase.forget()
    assert request_.run().token == first.token
    assert calls(lakebase) == {}
    assert lakebase.counters()["connections"] == {}


def test_a_second_endpoint_costs_one_call(lakebase: LocalLakebase, request_: Request) -> None:
    request_.run()
    lakebase.forget()
    request_.environment["LAKEBASE_ENDPOINT"] = "projects/shop/branches/dev/endpoints/primary"
    assert request_.run().ok
    assert calls(lakebase) == {AUTOSCALING: 1}


def test_provisioned(lakebase: LocalLakebase, request_: Request) -> None:
    request_.environment["LAKEBASE_INSTANCE_NAME"] = "orders-db"
    request_.hosts = [lakebase.hosts["provisioned"]]
    assert claims(request_.run().token)["sub"] == inventory.APP.name
    assert calls(lakebase) == {TOKEN: 1, PROVISIONED: 1}


def test_an_instance_behind_an_autoscaling_host(lakebase: LocalLakebase, request_: Request) -> None:
    del request_.environment["LAKEBASE_ENDPOINT"]
    request_.environment["LAKEBASE_INSTANCE_NAME"] = "migrated-db"
    request_.hosts = [lakebase.hosts["migrated"]]
    assert request_.run().ok
    assert calls(lakebase) == {TOKEN: 1, PROVISIONED: 1}


@pytest.mark.parametrize("host", ["demo", "pooled", "readonly", "azure", "migrated"])
def test_an_endpoint_is_found_by_its_host_and_remembered(
        lakebase: LocalLakebase, request_: Request, host: str) -> None:
    del request_.environment["LAKEBASE_ENDPOINT"]
    request_.hosts = [lakebase.hosts[host]]
    assert request_.run().ok
    assert calls(lakebase)[PROJECTS] >= 1
    lakebase.forget()
    request_.directives["ttl"] = "900"
    assert request_.run().ok
    assert calls(lakebase) == {AUTOSCALING: 1}


@pytest.mark.parametrize("host", ["provisioned", "provisioned-ro", "provisioned-azure"])
def test_an_instance_is_found_by_its_host(lakebase: LocalLakebase, request_: Request, host: str) -> None:
    request_.hosts = [lakebase.hosts[host]]
    assert request_.run().ok
    assert calls(lakebase) == {TOKEN: 1, FIND: 1, PROVISIONED: 1}


def test_a_host_of_another_workspace_is_not_found(lakebase: LocalLakebase, request_: Request) -> None:
    del request_.environment["LAKEBASE_ENDPOINT"]
    for host in ("second", "second-provisioned"):
        request_.hosts = [lakebase.hosts[host]]
        reply = request_.run()
        assert reply.permanent
        for part in (lakebase.hosts[host], lakebase.workspace()["url"], "LAKEBASE_ENDPOINT"):
            assert part in reply.sentence


def test_pat(lakebase: LocalLakebase, pat_request: Request) -> None:
    reply = pat_request.run()
    assert claims(reply.token)["sub"] == inventory.DEV.name
    assert reply.record["user"] == ""
    assert calls(lakebase) == {AUTOSCALING: 1}


def test_pat_with_the_role_asked_for(lakebase: LocalLakebase, pat_request: Request) -> None:
    pat_request.options["need_user"] = 1
    assert pat_request.run().record["user"] == inventory.DEV.name
    assert pat_request.run().record["user"] == inventory.DEV.name
    assert calls(lakebase) == {AUTOSCALING: 1, ME: 1}


def test_two_tokens_never_cross(lakebase: LocalLakebase, pat_request: Request) -> None:
    first = pat_request.run()
    pat_request.environment["DATABRICKS_TOKEN"] = lakebase.workspace()["pats"][inventory.GUEST.name]
    second = pat_request.run()
    assert claims(second.token)["sub"] == inventory.GUEST.name
    assert first.record["identity"] != second.record["identity"]


def test_two_workspaces_never_cross(lakebase: LocalLakebase, request_: Request) -> None:
    request_.run()
    second = lakebase.workspace("second")
    principal = inventory.SECOND_APP.name
    request_.environment |= {"DATABRICKS_HOST": second["url"], "DATABRICKS_CLIENT_ID": principal,
                             "DATABRICKS_CLIENT_SECRET": second["secrets"][principal],
                             "LAKEBASE_ENDPOINT": "projects/second/branches/production/endpoints/primary"}
    request_.hosts = [lakebase.hosts["second"]]
    assert claims(request_.run().token)["sub"] == principal


def test_a_profile(lakebase: LocalLakebase, request_: Request) -> None:
    environment = request_.environment
    config = request_.home / ".databrickscfg"
    config.write_text(f"[PROD]\nhost = {environment['DATABRICKS_HOST']}/?o={lakebase.workspace()['id']}\n"
                      f"client_id = {environment['DATABRICKS_CLIENT_ID']}\n"
                      f"client_secret = \"{environment['DATABRICKS_CLIENT_SECRET']}\"\n")
    config.chmod(0o600)
    request_.environment = {"DATABRICKS_HOST": "https://stray.example", "DATABRICKS_TOKEN": "stray"}
    request_.directives = {"profile": "PROD"}
    first = request_.run()
    assert claims(first.token)["sub"] == inventory.APP.name
    config.write_text("# edited\n" + config.read_text())
    lakebase.forget()
    assert request_.run().token == first.token
    assert calls(lakebase) == {}


def test_ttl_claims_and_group_are_sent(lakebase: LocalLakebase, request_: Request) -> None:
    request_.directives = {"ttl": "900", "group": inventory.GROUP_ROLE,
                           "claims": '[{"permission_set":"READ_ONLY","resources":[{"table_name":"a.b.c"}]}]'}
    reply = request_.run()
    assert abs(int(reply.record["expires_ms"]) / 1000 - time.time() - 900) < 5
    assert claims(reply.token)["claims"]
    assert reply.record["user"] == inventory.GROUP_ROLE


def test_what_was_issued_too_early_is_replaced(lakebase: LocalLakebase, request_: Request) -> None:
    first = request_.run()
    request_.options["issued_after_ms"] = int(first.record["issued_ms"])
    second = request_.run()
    assert second.token != first.token
    assert request_.run().token == second.token


def test_a_revoked_workspace_token_is_replaced_once(lakebase: LocalLakebase, request_: Request) -> None:
    request_.run()
    lakebase.revoke_all("workspace")
    lakebase.forget()
    request_.environment["LAKEBASE_ENDPOINT"] = "projects/shop/branches/dev/endpoints/primary"
    assert request_.run().ok
    assert calls(lakebase) == {TOKEN: 1, AUTOSCALING: 2}


def test_many_at_once_make_one_fetch(lakebase: LocalLakebase, request_: Request) -> None:
    processes = [request_.start() for _ in range(20)]
    replies = [finished(p.wait(30), p.stdout.read(), p.stderr.read()) for p in processes]
    for process in processes:
        process.stdout.close()
        process.stderr.close()
    assert len({reply.token for reply in replies}) == 1
    assert calls(lakebase) == {TOKEN: 1, AUTOSCALING: 1}


def test_without_a_cache(lakebase: LocalLakebase, request_: Request) -> None:
    request_.options["cache"] = ""
    assert request_.run().ok
    request_.options["cache"] = "/nonexistent/cache"
    assert request_.run().ok
    assert calls(lakebase) == {TOKEN: 2, AUTOSCALING: 2}


def test_the_servers_clock_may_differ(lakebase: LocalLakebase, request_: Request) -> None:
    for skew in (-7200, 7200):
        lakebase.set(clock_skew=skew)
        request_.options["issued_after_ms"] = int(time.time() * 1000)
        reply = request_.run()
        assert abs(int(reply.record["expires_ms"]) / 1000 - time.time() - 3600) < 5


def test_files_are_private(request_: Request) -> None:
    request_.run()
    assert stat.S_IMODE(request_.cache.stat().st_mode) == 0o700
    files = list(request_.cache.iterdir())
    assert {file.name.split("-")[0] for file in files} == {"key", "lock", "credential", "workspace", "request", "issued",
                                                         "swept"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize("document", ["", "pglakebase-request=2\nend=1\n", "x" * 300_000, "\x00\xff" * 50])
def test_a_broken_request_is_refused(request_: Request, document: str) -> None:
    reply = request_.run(document or "\n")
    assert reply.code == 2
    assert "pglakebase-fetch" in reply.sentence


def test_another_user_is_refused(request_: Request) -> None:
    document = request_.document().replace(f"uid={os.geteuid()}\n", "uid=12345\n")
    assert "another user" in request_.run(document).sentence


class TestWhileItRuns:
    """A helper that waits for a server which does not answer."""

    @pytest.fixture
    def running(self, lakebase: LocalLakebase, request_: Request):
        lakebase.fault("api", "hang", TOKEN)
        request_.network["https_proxy"] = ""
        process = request_.start()
        assert wait_until(lambda: entries(request_, "fetching") and lakebase.calls(TOKEN))
        yield process
        if process.poll() is None:
            process.kill()
        process.communicate()

    def test_it_keeps_its_secrets(self, running, request_: Request) -> None:
        proc = Path("/proc", str(running.pid))
        secret = request_.environment["DATABRICKS_CLIENT_SECRET"].encode()
        assert secret not in (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
        limits = " ".join((proc / "limits").read_text().split())
        assert "Max core file size 0 0" in limits
        assert os.readlink(proc / "cwd") == "/"
        assert "Umask:\t0077" in (proc / "status").read_text()

    def test_its_note_names_it(self, running, request_: Request) -> None:
        note = entries(request_, "fetching")[0].read_text()
        assert f"pid={running.pid}\n" in note

    def test_killed_it_leaves_nothing_that_others_wait_for(self, running, lakebase, request_: Request) -> None:
        running.send_signal(signal.SIGKILL)
        running.wait()
        lakebase.clear_faults()
        assert request_.run().ok
        assert not entries(request_, "fetching")

    def test_others_do_not_wait_longer_than_they_may(self, running, lakebase: LocalLakebase, request_: Request) -> None:
        request_.options["deadline_ms"] = 1000
        reply = request_.run()
        # The one that they would have waited for is still at its first call, which ends after ten seconds.
        assert running.poll() is None and lakebase.calls(TOKEN) == 1
        assert "still under way" in reply.sentence
        assert not reply.permanent
        assert not entries(request_, "failure")


def test_inherited_state_is_shed(lakebase: LocalLakebase, request_: Request, tmp_path: Path) -> None:
    """Ignored and blocked signals, closed descriptors, open ones, a strange directory and umask."""
    leaked = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    os.set_inheritable(leaked, True)

    def spoil() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        os.umask(0)
        os.close(2)

    lakebase.fault("api", "hang", TOKEN)
    request_.options["deadline_ms"] = 3000
    process = subprocess.Popen([helper(build_directory())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               preexec_fn=spoil, close_fds=False, cwd=tmp_path, env={})
    process.stdin.write(request_.document().encode())
    process.stdin.close()
    proc = Path("/proc", str(process.pid))
    assert wait_until(lambda: lakebase.calls(TOKEN))
    targets = [os.readlink(fd) for fd in (proc / "fd").iterdir()]
    status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines() if ":\t" in line)
    out = process.stdout.read()
    process.stdout.close()
    process.wait(10)
    os.close(leaked)
    assert str(tmp_path) not in targets
    assert not int(status["SigBlk"], 16) and not int(status["SigIgn"], 16) & ~(1 << (signal.SIGPIPE - 1))
    assert Reply(1, out.decode(), dict(line.split("=", 1) for line in out.decode().splitlines())).record["kind"] == "failure"
