"""Web servers whose workers connect: php-fpm and Apache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

from support.build import helper
from support.waiting import wait_until

from .programs import Program
from .scenarios import APP, World, steps

PAGE = "<?php $c = pg_connect('service=orders', PGSQL_CONNECT_FORCE_NEW); echo pg_fetch_result(pg_query($c, 'select current_user'), 0, 0);"
CREDENTIALS = "POST /api/2.0/postgres/credentials"
WORKERS = 200


def fpm(world: World, program: Program) -> None:
    """The pool's workers have no variables but those that it names."""
    page, socket, log = (world.directory / name for name in ("page.php", "fpm.sock", "fpm.log"))
    page.write_text(PAGE)
    named = "".join(f'env[{name}] = "{value}"\n' for name, value in world.client.env.items())
    (world.directory / "fpm.conf").write_text(
        f"[global]\nerror_log = {log}\ndaemonize = no\n[www]\nuser = root\ngroup = root\nlisten = {socket}\n"
        f"pm = static\npm.max_children = 3\nclear_env = yes\n{named}")
    server = world.start([*program.argv, "-R", "-F", "-y", str(world.directory / "fpm.conf")])
    try:
        assert wait_until(socket.exists, 20), log.read_text()

        def request() -> None:
            fields = {"SCRIPT_FILENAME": str(page), "REQUEST_METHOD": "GET", "PATH": "/usr/bin:/bin"}
            done = subprocess.run(["cgi-fcgi", "-bind", "-connect", str(socket)], env=fields, capture_output=True, text=True, timeout=60)
            assert done.stdout.splitlines()[-1:] == [APP], (done.stdout, done.stderr, log.read_text())

        steps(world, request, request)
    finally:
        server.terminate()
        server.communicate()


def apache(world: World, program: Program) -> None:
    """200 workers at once, before and after the end of the token: few fetches, no failure."""
    place = Path(tempfile.mkdtemp(prefix="apache-", dir="/tmp"))
    place.chmod(0o755)
    try:
        serve(world, program, place)
    finally:
        shutil.rmtree(place)


def owned(path: Path) -> Path:
    if os.geteuid() == 0:
        shutil.chown(path, "www-data", "www-data")
    return path


def serve(world: World, program: Program, place: Path) -> None:
    client = world.client
    for file, source in (("shim/libpglakebase.so", client.library), ("cli/pglakebase-fetch", helper(client.library.parents[2]))):
        (place / file).parent.mkdir(mode=0o755)
        shutil.copy(source, place / file)
        (place / file).chmod(0o755)
    shutil.copy(world.lakebase.ca_file, place / "ca.pem")
    (place / "ca.pem").chmod(0o644)
    home, cache, pages = (place / name for name in ("home", "cache", "pages"))
    for directory in (home, cache, pages):
        directory.mkdir()
        owned(directory)
        directory.chmod(0o700)
    (pages / "page.php").write_text(PAGE)
    for name, source in ((".pg_service.conf", client.home / ".pg_service.conf"),
                         ("databrickscfg", world.lakebase.directory / "databrickscfg")):
        shutil.copy(source, home / name)
        (home / name).chmod(0o600)
        owned(home / name)
    owned(pages / "page.php")
    port = free_port()
    modules = "/usr/lib/apache2/modules"
    (place / "apache.conf").write_text(
        f"ServerRoot {place}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {place}/pid\nErrorLog {place}/error.log\n"
        "User www-data\nGroup www-data\nMutex file:/tmp default\n"
        + "".join(f"LoadModule {name}_module {modules}/{file}\n" for name, file in (
            ("mpm_prefork", "mod_mpm_prefork.so"), ("authz_core", "mod_authz_core.so"), ("mime", "mod_mime.so"),
            ("php", "libphp8.2.so")))
        + f"TypesConfig /dev/null\nAddType application/x-httpd-php .php\nDocumentRoot {pages}\n"
        f"ServerLimit {WORKERS}\nStartServers {WORKERS}\nMinSpareServers {WORKERS}\nMaxSpareServers {WORKERS}\n"
        f"MaxRequestWorkers {WORKERS}\nKeepAlive Off\nMaxConnectionsPerChild 0\n")
    env = {"HOME": str(home), "PGSERVICEFILE": None, "SSL_CERT_FILE": str(place / "ca.pem"), "PGLAKEBASE_CACHE_DIR": str(cache),
           "DATABRICKS_CONFIG_FILE": str(home / "databrickscfg")}
    environment = client.environment(env=env) | {"LD_PRELOAD": str(place / "shim/libpglakebase.so")}
    # It ends its whole process group.
    server = subprocess.Popen([*program.argv, "-f", str(place / "apache.conf"), "-DFOREGROUND"], env=environment, cwd="/", start_new_session=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def get(_: int = 0) -> str:
        with urlopen(f"http://127.0.0.1:{port}/page.php", timeout=60) as answer:
            return answer.read().decode()

    def crowd() -> None:
        with ThreadPoolExecutor(WORKERS) as pool:
            assert Counter(pool.map(get, range(WORKERS))) == {APP: WORKERS}

    try:
        assert wait_until(lambda: answers(get), 40), (server.poll(), (place / "error.log").read_text())
        assert get() == APP
        shutil.rmtree(cache)
        cache.mkdir(mode=0o700)
        owned(cache)
        # Long enough for a crowd that two processors serve.
        world.lakebase.forget()
        world.lakebase.set_token_lifetime(30)
        crowd()
        assert world.lakebase.calls(CREDENTIALS) <= 2
        time.sleep(31)
        crowd()
        assert set(world.results()) == {"ok"} and len(world.tokens()) >= 2
        assert world.lakebase.calls(CREDENTIALS) <= 6
        world.lakebase.revoke_all()
        crowd()
    finally:
        server.terminate()
        server.communicate(timeout=30)


def answers(get) -> bool:
    try:
        return bool(get())
    except OSError:
        return False


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
