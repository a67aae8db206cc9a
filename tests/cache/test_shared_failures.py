"""What one process learns about a server in trouble spares all others the call; what is mended counts at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lakebase.client import LocalLakebase
from lakebase.inventory import fleet_endpoint
from support.product import CREDENTIALS, ENDPOINT, TOKENS, Product

OUTAGES = {
    "503": ("status", {"status": 503}),
    "500": ("status", {"status": 500}),
    "reset": ("reset", {}),
    "429": ("status", {"status": 429, "retry_after": 40}),
}


def failure(product: Product) -> dict[str, str]:
    return product.files.read("failure")


def held_for(product: Product) -> float:
    record = failure(product)
    return (int(record["not_before_ms"]) - int(record["seen_ms"])) / 1000


def end_hold(product: Product, seconds: float = 120) -> None:
    """As if that time had gone by since; what the helper itself knows of the server, too."""
    for kind in ("failure", "trouble"):
        for _ in product.files.of(kind):
            product.files.shift(kind, -seconds)


@pytest.mark.parametrize("kind", [kind if kind in ("503", "429") else pytest.param(kind, marks=pytest.mark.full)
                                  for kind in OUTAGES])
def test_nobody_repeats_the_call(product: Product, kind: str) -> None:
    fault, options = OUTAGES[kind]
    product.lakebase.fault("api", fault, "*", **options)
    first = product.connect()
    assert first.code != 0 and "pglakebase" in first.error
    calls = product.calls()
    assert 1 <= calls[0] <= 6 and calls[1] == 0
    begun = time.monotonic()
    for _ in range(3):
        done = product.connect()
        assert done.code != 0 and done.error == first.error
    assert time.monotonic() - begun < 3
    assert product.calls() == calls
    assert len(product.helpers()) == 1
    # Recovery: one connect, as soon as the time has come.
    product.lakebase.clear_faults()
    end_hold(product, held_for(product) + 1)
    product.assert_connects()
    assert product.files.of("failure") == []


def test_unanswered_calls(product: Product) -> None:
    """The whole of the helper's time passes once, then nobody asks."""
    product.lakebase.fault("api", "hang", "*")
    done = product.connect(env={"PGCONNECT_TIMEOUT": "4"})
    assert done.code != 0 and "in time" in done.error
    helpers = len(product.helpers())
    # The helper is still at it: nobody starts another.
    begun = time.monotonic()
    assert product.connect(env={"PGCONNECT_TIMEOUT": "2"}).code != 0
    assert time.monotonic() - begun < 6
    assert len(product.helpers()) == helpers == 1


def test_back_off_grows_and_is_reset(product: Product) -> None:
    fault = product.lakebase.fault("api", "status", TOKENS, status=503)
    seen = []
    for _ in range(6):
        assert product.connect().code != 0
        seen.append(round(held_for(product)))
        end_hold(product, held_for(product) + 1)
    assert seen == [5, 10, 20, 40, 60, 60]
    # After the first round one call each time.
    assert product.calls()[0] <= 6 + 5
    product.lakebase.clear_faults(fault)
    product.assert_connects()
    product.lakebase.fault("api", "status", CREDENTIALS, status=503)
    product.files.one("credential").unlink()
    assert product.connect().code != 0
    assert round(held_for(product)) == 5


@pytest.mark.full
def test_a_new_outage_starts_anew(product: Product) -> None:
    product.lakebase.fault("api", "status", TOKENS, status=503)
    assert product.connect().code != 0
    end_hold(product, 1000)
    assert product.connect().code != 0
    assert round(held_for(product)) == 5


def test_other_endpoints_of_the_workspace_are_spared(fleet: LocalLakebase, build: Path, tmp_path: Path) -> None:
    """429 with a Retry-After beyond what anybody waits: one call, whoever asks, for whatever."""
    product = Product(build, fleet, tmp_path)
    for i in range(6):
        endpoint = fleet_endpoint(i)
        product.service(f"fleet{i}", "profile=DEMO", f"endpoint={endpoint.name}", host=endpoint.host)
    fleet.fault("api", "status", "*", status=429, retry_after=60)
    for i in range(6):
        done = product.connect(f"fleet{i}")
        assert done.code != 0 and "429" in done.error
    assert product.calls() == (1, 0)


def test_one_probe_at_a_time(fleet: LocalLakebase, build: Path, tmp_path: Path) -> None:
    """In an outage many who ask for different things make few calls, and all connect when it ends."""
    product = Product(build, fleet, tmp_path)
    for i in range(8):
        endpoint = fleet_endpoint(i)
        product.service(f"fleet{i}", "profile=DEMO", f"endpoint={endpoint.name}", host=endpoint.host)
    fault = fleet.fault("api", "status", "*", status=503)
    processes = [product.start("/usr/lib/postgresql/15/bin/psql", "-XAt", "-c", "select 1", f"service=fleet{i}")
                 for i in range(8)]
    time.sleep(3)
    during = sum(product.calls())
    fleet.clear_faults(fault)
    ended = [process.communicate(timeout=60) + (process.returncode,) for process in processes]
    # Who asks alone makes four in this time.
    assert during <= 8
    assert [(out.strip(), err, code) for out, err, code in ended] == [(b"1", b"", 0)] * 8


@pytest.mark.full
def test_one_broken_endpoint_hinders_no_other(fleet: LocalLakebase, build: Path, tmp_path: Path) -> None:
    """Somebody else's database that answers 500 is no outage of the workspace."""
    product = Product(build, fleet, tmp_path)
    product.service("ok", "profile=DEMO", ENDPOINT)
    endpoint = fleet_endpoint(0)
    product.service("broken", "profile=DEMO", f"endpoint={endpoint.name}", host=endpoint.host)
    product.assert_connects(service="ok")
    product.files.one("credential").unlink()
    fleet.fault("api", "status", CREDENTIALS, status=500, times=6)
    assert product.connect("broken").code != 0
    product.assert_connects(service="ok")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_permanent_failures_are_remembered_briefly(product: Product, status: int) -> None:
    product.lakebase.fault("api", "status", CREDENTIALS, status=status)
    first = product.connect()
    assert first.code != 0
    calls = product.calls()
    assert product.connect().error == first.error
    assert product.calls() == calls
    assert 1 <= held_for(product) <= 10
    product.lakebase.clear_faults()
    end_hold(product, 11)
    product.assert_connects()


def own_config(product: Product) -> tuple[Path, str]:
    right = (product.lakebase.directory / "databrickscfg").read_text()
    config = product.home / ".databrickscfg"
    product.env["DATABRICKS_CONFIG_FILE"] = str(config)
    return config, right


def test_a_mended_file_counts_at_once(product: Product) -> None:
    config, right = own_config(product)
    secret = product.lakebase.workspace()["secrets"][product.role()]
    config.write_text(right.replace(secret, "dose" + "0" * 32))
    config.chmod(0o600)
    assert "401" in product.connect().error
    assert "401" in product.connect().error
    assert product.calls()[0] == 1
    config.write_text(right)
    product.assert_connects()


@pytest.mark.parametrize("wrong", ["", "[OTHER]\nhost = https://x.cloud.databricks.com\n", "[DEMO\nbroken"])
def test_a_mended_profile_counts_at_once(product: Product, wrong: str) -> None:
    """What is wrong is found before any call: no file, no profile, no file of that kind."""
    config, right = own_config(product)
    if wrong:
        config.write_text(wrong)
        config.chmod(0o600)
    assert product.connect().code != 0
    assert len(product.helpers()) == 1
    assert product.connect().code != 0
    assert len(product.helpers()) == 1
    config.write_text(right)
    config.chmod(0o600)
    product.assert_connects()


def secret_from_environment(product: Product, secret: str) -> dict[str, str]:
    env = product.lakebase.env()
    return {"DATABRICKS_HOST": env["DATABRICKS_HOST"], "DATABRICKS_CLIENT_ID": product.role(),
            "DATABRICKS_CLIENT_SECRET": secret, "DATABRICKS_CONFIG_FILE": "/nonexistent"}


def test_another_secret_counts_at_once(product: Product) -> None:
    product.service("variables", ENDPOINT, dbname="databricks_postgres")
    wrong = secret_from_environment(product, "dose" + "0" * 32)
    right = secret_from_environment(product, product.lakebase.env()["DATABRICKS_CLIENT_SECRET"])
    assert product.connect("variables", env=wrong).code != 0
    product.assert_connects(service="variables", env=right)


def test_another_proxy_counts_at_once(product: Product) -> None:
    assert product.connect(env={"HTTPS_PROXY": "http://127.0.0.1:9"}).code != 0
    product.assert_connects()


@pytest.mark.parametrize("files", [4, 7, 9])
def test_a_program_that_keeps_itself_to_few_files_signs_in(product: Product, files: int) -> None:
    product.hamper(f"ulimit -S -n {files}")
    product.assert_connects()


@pytest.mark.parametrize("files", [4, 7, 9])
def test_what_one_process_lacks_is_nobodys_failure(product: Product, files: int) -> None:
    product.hamper(f"ulimit -n {files}")
    assert "file descriptors" in product.connect().error
    assert product.files.of("failure") == product.files.of("trouble") == []
    product.hamper("")
    product.assert_connects()


@pytest.mark.parametrize("wrong", ["not a root\n", None])
def test_mended_roots_count_at_once(product: Product, wrong: str | None) -> None:
    """Another process may see another file of that name: a container, say."""
    roots = product.home / "roots.pem"
    env = {"SSL_CERT_FILE": str(roots)}
    if wrong is not None:
        roots.write_text(wrong)
    assert "SSL_CERT_FILE" in product.connect(env=env).error
    assert "SSL_CERT_FILE" in product.connect(env=env).error
    assert len(product.helpers()) == 1
    roots.write_bytes(product.lakebase.ca_file.read_bytes())
    product.assert_connects(env=env)


@pytest.mark.full
def test_trouble_behind_another_proxy_is_not_ours(product: Product) -> None:
    product.lakebase.fault("api", "status", "*", status=503)
    assert product.connect().code != 0
    product.lakebase.clear_faults()
    product.assert_connects(env={"HTTPS_PROXY": "", "NO_PROXY": "localhost"})


@pytest.mark.parametrize("where", ["https://nowhere.invalid", "https://127.0.0.1:9"])
def test_a_laptop_that_comes_back_connects_at_once(product: Product, where: str) -> None:
    config, right = own_config(product)
    # The network, not the file, changes in life: the hold is looked at.
    config.write_text(right.replace(product.lakebase.env()["DATABRICKS_HOST"], where))
    config.chmod(0o600)
    begun = time.monotonic()
    assert product.connect().code != 0
    assert time.monotonic() - begun < 12
    assert held_for(product) <= 2
    assert product.files.of("trouble") == []
    for _ in range(2):
        end_hold(product, 3)
        assert product.connect().code != 0
        assert held_for(product) <= 2, "the hold must not grow"


@pytest.mark.parametrize("age", ["fresh", "ageing", pytest.param("last minute", marks=pytest.mark.full)])
def test_a_valid_token_is_served_throughout(product: Product, age: str) -> None:
    product.assert_connects()
    # Shown as older than it is; the token itself is good.
    left = {"fresh": 3600, "ageing": 600, "last minute": 50}[age]
    now = int(time.time() * 1000)
    product.files.change("credential", issued_ms=now - (3600 - left) * 1000, expires_ms=now + left * 1000)
    product.lakebase.fault("api", "status", "*", status=503)
    product.assert_connects()
    time.sleep(0.1)
    begun = time.monotonic()
    for _ in range(3):
        product.assert_connects()
    if age != "last minute":
        assert time.monotonic() - begun < 3
    assert sum(product.calls()) <= 2 + 7
