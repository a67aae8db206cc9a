"""Where the cache can be, and that everything works where there is none."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.product import Product

NOBODY = 65534
# A user without an entry in the password file, with nothing prepared for it.
STRANGER = 54321
SHARED = Path(f"/dev/shm/pglakebase-{STRANGER}")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


class Elsewhere:
    """Connects as another user, or under another root, in a mount namespace of its own."""

    def __init__(self, product: Product, directory: Path) -> None:
        self.product = product
        self.home = directory / "stranger-home"
        self.home.mkdir(mode=0o700)
        product.env["PGLAKEBASE_CACHE_DIR"] = ""
        product.env.pop("PGLAKEBASE_CACHE_DIR")
        product.env["PGSERVICEFILE"] = str(self.service_file(directory))
        lakebase = product.lakebase.env()
        product.env |= {name: lakebase[name] for name in ("DATABRICKS_HOST", "DATABRICKS_CLIENT_ID",
                                                           "DATABRICKS_CLIENT_SECRET")}
        product.env["DATABRICKS_CONFIG_FILE"] = "/nonexistent"
        product.env["HOME"] = str(self.home)
        authority = directory / "ca.pem"
        authority.write_bytes(product.lakebase.ca_file.read_bytes())
        authority.chmod(0o644)
        product.env["SSL_CERT_FILE"] = str(authority)
        os.chown(self.home, STRANGER, STRANGER)
        product.runs_file.touch()
        product.runs_file.chmod(0o666)

    def service_file(self, directory: Path) -> Path:
        file = directory / "services"
        self.product.service("stranger", "endpoint=projects/shop/branches/production/endpoints/primary", file=file,
                             dbname="databricks_postgres")
        file.chmod(0o644)
        return file

    def connect(self, *prefix: str, mounts: str = "", uid: int = STRANGER, **options: object):
        user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
        script = ["unshare", "--mount", "sh", "-c", f'{mounts or ":"} && exec "$@"', "sh"]
        return self.product.psql("service=stranger", prefix=[*script, *user, *prefix], **options)

    def assert_connects(self, times: int = 1, **options: object) -> None:
        for _ in range(times):
            done = self.connect(**options).ok()
            assert (done.text, done.error) == (self.product.role(), "")


@pytest.fixture
def elsewhere(product: Product, tmp_path: Path) -> Iterator[Elsewhere]:
    # pytest's own directories are private.
    for directory in (tmp_path, *tmp_path.parents):
        if directory != Path("/") and str(directory).startswith("/tmp/"):
            directory.chmod(0o755)
    remove(SHARED)
    yield Elsewhere(product, tmp_path)
    remove(SHARED)


NO_SHM = "mount -t tmpfs -o ro none /dev/shm"


def credentials_in(directory: Path) -> list[Path]:
    return sorted(directory.glob("credential-*"))


def test_shared_memory_is_the_place_of_who_has_no_other(elsewhere: Elsewhere) -> None:
    elsewhere.assert_connects(times=2)
    assert elsewhere.product.calls() == (1, 1)
    elsewhere.product.assert_private(SHARED)
    assert len(credentials_in(SHARED)) == 1 and SHARED.stat().st_uid == STRANGER


@pytest.mark.parametrize("taken", ["another user's directory", "another user's open directory", "link", "file"])
def test_a_taken_place_in_shared_memory_is_left_alone(elsewhere: Elsewhere, taken: str, tmp_path: Path) -> None:
    if taken == "link":
        trap = tmp_path / "trap"
        trap.mkdir()
        os.chown(trap, STRANGER, STRANGER)
        SHARED.symlink_to(trap)
    elif taken == "file":
        SHARED.touch()
    else:
        SHARED.mkdir(mode=0o700)
        SHARED.chmod(0o777 if "open" in taken else 0o700)
        os.chown(SHARED, NOBODY, NOBODY)
    elsewhere.assert_connects(times=2)
    assert elsewhere.product.calls() == (1, 1)
    home = elsewhere.home / ".cache" / "pglakebase"
    assert len(credentials_in(home)) == 1
    elsewhere.product.assert_private(home)
    assert not SHARED.is_dir() or list(SHARED.iterdir()) == []


def test_the_chosen_directory_is_the_only_one(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """What PGLAKEBASE_CACHE_DIR names is used or nothing is."""
    for prepare in ("another's", "link", "file", "relative", "missing parent"):
        chosen = tmp_path / prepare.replace(" ", "-")
        if prepare == "another's":
            chosen.mkdir()
            chosen.chmod(0o777)
            os.chown(chosen, NOBODY, NOBODY)
        elif prepare == "link":
            (tmp_path / "target").mkdir(mode=0o700)
            os.chown(tmp_path / "target", STRANGER, STRANGER)
            chosen.symlink_to(tmp_path / "target")
        elif prepare == "file":
            chosen.touch()
        name = {"relative": "relative-cache", "missing parent": f"{tmp_path}/no/cache"}.get(prepare, str(chosen))
        elsewhere.product.env["PGLAKEBASE_CACHE_DIR"] = name
        before = elsewhere.product.calls()[1]
        elsewhere.assert_connects()
        assert elsewhere.product.calls()[1] == before + 1, prepare
        assert not SHARED.exists() and not (elsewhere.home / ".cache").exists()
        if chosen.is_dir():
            assert list(chosen.iterdir()) == []


def test_own_directory_that_others_could_write_to(elsewhere: Elsewhere, tmp_path: Path) -> None:
    chosen = tmp_path / "open"
    chosen.mkdir()
    chosen.chmod(0o777)
    os.chown(chosen, STRANGER, STRANGER)
    elsewhere.product.env["PGLAKEBASE_CACHE_DIR"] = str(chosen)
    elsewhere.assert_connects(times=2)
    assert elsewhere.product.calls() == (1, 1)
    elsewhere.product.assert_private(chosen)


@pytest.mark.parametrize("home", ["unset", "not there", "another user's", "the root", "read-only"])
def test_without_any_cache(elsewhere: Elsewhere, home: str, tmp_path: Path) -> None:
    """The credential comes through the helper's answer alone."""
    mounts = NO_SHM
    if home == "unset":
        elsewhere.product.env.pop("HOME")
    elif home == "not there":
        elsewhere.product.env["HOME"] = "/nonexistent"
    elif home == "another user's":
        other = tmp_path / "other-home"
        other.mkdir(mode=0o777)
        other.chmod(0o777)
        os.chown(other, NOBODY, NOBODY)
        elsewhere.product.env["HOME"] = str(other)
    elif home == "the root":
        elsewhere.product.env["HOME"] = "/"
    else:
        mounts += f" && mount -t tmpfs -o ro none {elsewhere.home}"
    elsewhere.assert_connects(times=2, mounts=mounts)
    assert elsewhere.product.calls() == (2, 2)
    assert not (tmp_path / "other-home" / ".cache").exists()


def test_read_only_root(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """A cache that was warm stays readable; a cold start works."""
    chosen = tmp_path / "cache-ro"
    elsewhere.product.env["PGLAKEBASE_CACHE_DIR"] = str(chosen)
    elsewhere.product.env["HOME"] = "/nonexistent"
    elsewhere.product.hamper(":")
    elsewhere.product.runs_file.unlink()
    freeze = f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path}"
    elsewhere.connect(mounts=freeze).ok()
    chosen.mkdir(mode=0o700)
    os.chown(chosen, STRANGER, STRANGER)
    elsewhere.connect(mounts=freeze).ok()
    elsewhere.connect().ok()
    before = elsewhere.product.calls()[1]
    elsewhere.connect(mounts=freeze).ok()
    assert elsewhere.product.calls()[1] == before


def test_full_disk(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """At every amount of room that is left."""
    chosen = tmp_path / "full"
    chosen.mkdir()
    elsewhere.product.env["PGLAKEBASE_CACHE_DIR"] = str(chosen / "cache")
    for inodes in (2, 3, 4, 5, 6, 7, 8, 10, 12):
        mounts = f"mount -t tmpfs -o size=64k,nr_inodes={inodes},mode=755,uid={STRANGER} none {chosen}"
        elsewhere.assert_connects(mounts=mounts)
    for pages in (1, 2, 3, 4, 5, 6):
        mounts = f"mount -t tmpfs -o size={4 * pages}k,mode=755,uid={STRANGER} none {chosen}"
        elsewhere.assert_connects(mounts=mounts)


def test_root_with_another_user_s_home(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """sudo -E: nothing of root's is left in the other's home."""
    remove_after = Path("/dev/shm/pglakebase-0")
    existed = remove_after.exists()
    elsewhere.connect(uid=0, mounts="mount -t tmpfs none /run && mount -t tmpfs -o ro none /dev/shm").ok()
    assert list(elsewhere.home.iterdir()) == []
    assert remove_after.exists() == existed


@pytest.mark.parametrize("when", ["before", "after"])
def test_run_time_directory_removed_meanwhile(product: Product, tmp_path: Path, when: str) -> None:
    """As logind does at the end of the last session: between the lookup and the helper, or while it works."""
    directory = tmp_path / "run"
    directory.mkdir(mode=0o700)
    product.cache = directory / "pglakebase"
    product.env["PGLAKEBASE_CACHE_DIR"] = str(product.cache)
    if when == "before":
        product.hamper(f"rm -rf {directory}")
    else:
        product.hamper(f"(sleep 0.3; rm -rf {directory}) &")
        product.lakebase.fault("api", "delay", "*", seconds=0.5)
    product.assert_connects()
    assert not directory.exists()
    product.hamper("")
    product.lakebase.clear_faults()
    product.assert_connects()
    directory.mkdir(mode=0o700)
    product.assert_connects()
    product.assert_private()


def test_modes_do_not_depend_on_the_umask(product: Product) -> None:
    for mask in (0o000, 0o777):
        remove(product.cache)
        product.psql("service=demo", prefix=["sh", "-c", f'umask {mask:o}; exec "$@"', "sh"]).ok()
        product.assert_private()
    assert stat.S_IMODE(product.cache.stat().st_mode) == 0o700
