"""The same settings, given to the official SDK on npm and to us: the same way of signing in, to the same workspace."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from lakebase import inventory
from lakebase.client import LocalLakebase
from support import official_client
from support.fake_databricks_cli import FakeDatabricksCli

from .choices import CHOICES, HOST, NO_PROFILE, NONE, REFUSED, SEVERAL, Choice
from .conftest import SignIn
from .sources import private_file, rfc3339

CREDENTIALS = "POST /api/2.0/postgres/credentials"


class Table:
    """Every choice, with its words filled in and a home of its own."""

    def __init__(self, lakebase: LocalLakebase, directory: Path) -> None:
        workspace = lakebase.workspace()
        url = workspace["url"]
        cli = FakeDatabricksCli(directory / "cli")
        cli.log_in([], lakebase.mint(inventory.DEV.name, kind="workspace"), rfc3339(3600))
        cli.tell(known=[[*where, *more] for where in (["--host", url], ["--profile", "HOSTONLY"], ["--profile", "DEFAULT"])
                        for more in ([], ["--force-refresh"])])
        self._words = {
            "url": url, "name": "localhost", "port": url.rpartition(":")[2], "second": lakebase.workspace("second")["url"],
            "id": inventory.APP.name, "secret": workspace["secrets"][inventory.APP.name],
            "pat": workspace["pats"][inventory.DEV.name], "user": inventory.DEV.name,
            "password": workspace["passwords"][inventory.DEV.name], "cli": str(cli.path.parent),
            "service": lakebase.identities["metadata_service_url"]}
        self._directory = directory

    def environment(self, choice: Choice) -> dict[str, str]:
        home = self._directory / f"home-{CHOICES.index(choice)}"
        home.mkdir(mode=0o700, exist_ok=True)
        elsewhere = choice.environment.get("DATABRICKS_CONFIG_FILE", "").startswith("~")
        if choice.file:
            private_file(home / ("elsewhere" if elsewhere else ".databrickscfg"), choice.file.format(**self._words))
        return {"HOME": str(home), "PATH": "/usr/bin:/bin",
                **{name: value.format(**self._words) for name, value in choice.environment.items()}}


def of_npm(table: Table, lakebase: LocalLakebase, node_modules: Path) -> list[dict[str, str]]:
    lines = "".join(json.dumps(table.environment(choice)) + "\n" for choice in CHOICES)
    done = subprocess.run(["node", str(official_client.SCRIPTS / "choose.cjs")], input=lines, capture_output=True, text=True, timeout=200,
                          env={"PATH": os.environ["PATH"], "NODE_PATH": str(node_modules),
                               "NODE_EXTRA_CA_CERTS": str(lakebase.ca_file)}, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def kind_of_npm(answer: dict[str, str]) -> str:
    error = answer.get("error", "")
    if not error:
        return answer["chosen"]
    for kind, part in ((SEVERAL, SEVERAL), (NO_PROFILE, NO_PROFILE), (NONE, "cannot configure default credentials")):
        if part in error:
            return kind
    return error


def kind_of_ours(sentence: str) -> str:
    chosen = re.search(r"\(signing in by ([a-z0-9-]+) to ", sentence)
    if chosen is not None:
        assert "HTTP 418" in sentence, sentence
        return chosen[1]
    for kind, part in ((SEVERAL, SEVERAL), (NO_PROFILE, NO_PROFILE), (NONE, "no way to sign in"),
                       (NONE, "no Databricks workspace is configured"), (REFUSED, "is not one that the Databricks SDKs know"),
                       (REFUSED, "is no profile but a reserved section")):
        if part in sentence:
            return kind
    return sentence


def test_the_same_choice(sign_in: SignIn) -> None:
    """Both find the good values good; then ours is kept from the last call, whose refusal tells the way that was chosen."""
    table = Table(sign_in.lakebase, sign_in.directory)
    theirs = of_npm(table, sign_in.lakebase, official_client.install())
    sign_in.lakebase.fault("api", "status", CREDENTIALS, status=418)
    del sign_in.env["DATABRICKS_HOST"]
    url = sign_in.lakebase.workspace()["url"]
    wrong = []
    for number, (choice, answer) in enumerate(zip(CHOICES, theirs, strict=True)):
        cache = str(sign_in.directory / f"cache-{number}")
        sentence = sign_in.refusal(10, **table.environment(choice), PGLAKEBASE_CACHE_DIR=cache)
        ours, npm = kind_of_ours(sentence), kind_of_npm(answer)
        if (ours, npm) != (choice.chosen, choice.npm or choice.chosen):
            wrong.append((choice.what, choice.chosen, ours, npm))
        elif ours not in (NONE, SEVERAL, NO_PROFILE, REFUSED) and not choice.npm:
            if f" to {url}," not in sentence or answer["host"] != url:
                wrong.append((choice.what, url, sentence, answer["host"]))
    assert not wrong, "\n".join(map(str, wrong))


def test_the_table_is_one() -> None:
    assert len(CHOICES) >= 40 and len({choice.what for choice in CHOICES}) == len(CHOICES)
    assert all(bool(choice.npm) == bool(choice.why) for choice in CHOICES)
    assert all("{url}" in value for value in HOST.values())


@pytest.mark.parametrize("file, read", [("/.databrickscfg", True), ("~/.databrickscfg", True), ("", True)])
def test_home(sign_in: SignIn, file: str, read: bool) -> None:
    """~ is HOME, also in a variable."""
    choice = next(c for c in CHOICES if c.what == "the default profile")
    environment = Table(sign_in.lakebase, sign_in.directory).environment(choice)
    if file:
        environment["DATABRICKS_CONFIG_FILE"] = file if file.startswith("~") else environment["HOME"] + file
    del sign_in.env["DATABRICKS_HOST"]
    assert (sign_in.user(**environment) == inventory.DEV.name) is read
