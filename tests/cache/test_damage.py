"""Whatever stands in the cache's files: the right identity connects or a clear error comes, and the damage is mended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cache_files import fields, join
from support.product import ENDPOINT, Product

NOBODY = 65534
KINDS = ("key", "request", "credential", "workspace", "issued")
# What makes the next connection fetch; the others are looked at by helpers only, or not at all.
NEEDED = ("key", "request", "credential")
# A key is no text.
OF_RECORDS = ("newer version", "another kind", "a NUL")


def file_of(product: Product, kind: str) -> Path:
    return product.cache / "key" if kind == "key" else product.files.one(kind)


def aside(file: Path) -> Path:
    return file.parent.parent / "aside"


def hard_link(file: Path) -> None:
    os.link(file, aside(file))


def symbolic_link(file: Path) -> None:
    file.rename(aside(file))
    file.symlink_to(aside(file))


def dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to(aside(file))


def directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


def device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def another_owner(file: Path) -> None:
    os.chown(file, NOBODY, NOBODY)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "garbage": lambda file: file.write_bytes(os.urandom(700)),
    "zeros": lambda file: file.write_bytes(bytes(700)),
    "huge": lambda file: os.truncate(file, 3 << 30),
    "huge text": lambda file: file.write_bytes(b"pglakebase=1\n" + b"x=y\n" * 400_000 + b"end=1\n"),
    "newer version": lambda file: file.write_bytes(file.read_bytes().replace(b"pglakebase=1", b"pglakebase=2", 1) + b"2"),
    "another kind": lambda file: file.write_bytes(file.read_bytes().replace(b"\nkind=", b"\nkind=x", 1) + b"\n"),
    "a NUL": lambda file: file.write_bytes(file.read_bytes().replace(b"=1\n", b"=1\n\0", 1)),
    "others may read": lambda file: file.chmod(0o644),
    "the group may write": lambda file: file.chmod(0o620),
    "another owner": another_owner,
    "hard link": hard_link,
    "symbolic link": symbolic_link,
    "dangling link": dangling_link,
    "directory": directory,
    "fifo": fifo,
    "device": device,
}

USUAL = ("garbage", "newer version", "others may read", "another owner", "hard link", "symbolic link", "directory",
         "fifo")


@pytest.mark.parametrize("damage", [name if name in USUAL else pytest.param(name, marks=pytest.mark.full)
                                    for name in DAMAGE])
def test_damaged_file(product: Product, damage: str) -> None:
    for kind in KINDS:
        if kind == "key" and damage in OF_RECORDS:
            continue
        shutil.rmtree(product.cache, ignore_errors=True)
        aside(product.cache / "key").unlink(missing_ok=True)
        product.assert_connects()
        before = product.calls()
        DAMAGE[damage](file_of(product, kind))
        product.assert_connects()
        product.assert_connects()
        # One new fetch mends it.
        credentials = product.calls()[1] - before[1]
        assert credentials <= 1, kind
        if kind in ("key", "credential"):
            assert credentials == 1, kind
        if kind in NEEDED:
            product.assert_private()


@pytest.mark.full
def test_damaged_workspace_token_is_not_used(product: Product) -> None:
    for damage in DAMAGE.values():
        product.assert_connects()
        before = product.calls()
        damage(product.files.one("workspace"))
        product.files.one("credential").unlink()
        product.assert_connects()
        product.assert_private()
        after = product.calls()
        assert (after[0] - before[0], after[1] - before[1]) == (1, 1), damage
        aside(product.files.one("workspace")).unlink(missing_ok=True)


@pytest.mark.parametrize("kind", [pytest.param("key", marks=pytest.mark.full),
                                  pytest.param("request", marks=pytest.mark.full), "credential"])
def test_truncated_at_any_length(product: Product, kind: str) -> None:
    product.assert_connects()
    whole = file_of(product, kind).read_bytes()
    step = max(len(whole) // 12, 1)
    for length in sorted({*range(0, len(whole), step), 1, len(whole) - 1, len(whole) - 6, len(whole) - 7}):
        file_of(product, kind).write_bytes(file_of(product, kind).read_bytes()[:length])
        product.assert_connects()
    product.assert_private()


@pytest.mark.full
def test_notes_of_fetches_and_failures_that_are_damaged(product: Product) -> None:
    product.assert_connects()
    name = product.files.one("request").name.split("-", 1)[1]
    for kind in ("fetching", "failure", "trouble", "replacement"):
        for damage in DAMAGE.values():
            product.files.one("credential").unlink()
            damage(product.files.add(f"{kind}-{name}", "pglakebase=1\nkind=x\nend=1\n"))
            product.assert_connects()
            found = product.cache / f"{kind}-{name}"
            if found.is_dir() and not found.is_symlink():
                found.rmdir()
            else:
                found.unlink(missing_ok=True)
            aside(product.cache / "x").unlink(missing_ok=True)
            assert product.calls()[1] >= 2


def test_files_that_changed_names_are_nobody_s(product: Product) -> None:
    """Never another identity's token, not even if the files say so."""
    product.service("pat", "profile=PAT", ENDPOINT, dbname="databricks_postgres")
    product.assert_connects()
    assert product.connect("pat").ok().text == "dev@example.com"
    for kind in ("credential", "workspace", "request", "issued"):
        found = product.files.of(kind)
        if len(found) < 2:
            continue
        first, second = found[0], found[1]
        spare = product.cache / "spare"
        first.rename(spare)
        second.rename(first)
        spare.rename(second)
        product.assert_connects()
        assert product.connect("pat").ok().text == "dev@example.com"


def test_another_s_workspace_token_is_not_used(product: Product) -> None:
    product.env["DATABRICKS_CONFIG_FILE"] = "/nonexistent"
    product.service("variables", ENDPOINT, dbname="databricks_postgres")
    workspace = product.lakebase.workspace()
    secrets = list(workspace["secrets"].items())
    roles = []
    for client_id, secret in secrets:
        env = {"DATABRICKS_HOST": workspace["url"], "DATABRICKS_CLIENT_ID": client_id, "DATABRICKS_CLIENT_SECRET": secret}
        roles.append((env, product.connect("variables", env=env).ok().text))
    first, second = product.files.of("workspace")
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    for file in product.files.of("credential"):
        file.unlink()
    for env, role in roles:
        assert product.connect("variables", env=env).ok().text == role


def test_a_directory_that_others_could_write_to_is_not_believed(product: Product) -> None:
    product.assert_connects()
    for mode in (0o777, 0o770, 0o1777):
        before = product.calls()[1]
        product.cache.chmod(mode)
        product.assert_connects()
        assert product.calls()[1] == before + 1
        product.assert_private()
    product.cache.chmod(0o755)
    product.assert_connects()
    assert product.calls()[1] == before + 1
    product.assert_private()


# Older and newer parts.


def test_unknown_keys_are_passed_over(product: Product) -> None:
    product.assert_connects()
    before = product.calls()
    for kind in ("request", "credential", "workspace", "issued"):
        product.files.change(kind, later_invention="7", x_ms=1)
    product.assert_connects()
    assert product.calls() == before


def test_a_newer_helper_s_records_are_missed(product: Product) -> None:
    """Two versions in turn: each fetches for itself, nothing fails."""
    product.assert_connects()
    for kind in ("request", "credential"):
        values = product.files.read(kind)
        product.files.one(kind).write_text(join({**values, "pglakebase": "2"}))
        product.assert_connects()
        assert fields(product.files.one(kind).read_text())["pglakebase"] == "1"


def altered(product: Product, script: str) -> None:
    """The helper is given the library's request with changes, as of another version."""
    product.helper.write_text(f"#!/bin/sh\necho $$ >> {product.runs_file}\nsed {script} | {product.real_helper}\n")


@pytest.mark.parametrize("script", ["'s/^option.need_user/option.later=1\\noption.need_user/'",
                                    "'/^option.refresh_before_ms/d'"])
def test_options_of_another_version(product: Product, script: str) -> None:
    altered(product, script)
    product.assert_connects()


@pytest.mark.parametrize("script", ["'s/^pglakebase-request=1/pglakebase-request=2/'", "'s/^uid=/later=x\\nuid=/'",
                                    "'$d'"])
def test_a_request_of_another_version_fails_clearly(product: Product, script: str) -> None:
    altered(product, script)
    for _ in range(2):
        done = product.connect()
        assert done.code != 0
        assert "install libpglakebase.so, pglakebase and pglakebase-fetch of one version" in done.error
    # The note of a fetch that never was keeps nobody waiting.
    assert product.files.of("fetching") == []
    product.hamper("")
    product.assert_connects()


def test_a_reply_of_a_newer_version_fails_clearly(product: Product) -> None:
    product.helper.write_text(f"#!/bin/sh\n{product.real_helper} | sed 's/^pglakebase=1/pglakebase=2/'\n")
    product.env["PGLAKEBASE_CACHE_DIR"] = "/nonexistent/cache"
    done = product.connect()
    assert done.code != 0 and "ended without an answer" in done.error
