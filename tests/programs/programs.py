"""The table of programs: how each is run, how it binds to libpq, and what it needs besides the preloaded library."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lakebase import inventory
from support.client import PGBIN
from support.debian import unpacked

PYTHON = "/usr/bin/python3"
DRIVERS = Path(__file__).parent / "drivers"
PSQL = [str(PGBIN / "psql"), "-XAtqw", "service=orders"]
SERVICE = "service=orders"


@dataclass(frozen=True)
class Program:
    """`kind` is the way of the three scenarios (scenarios.py); `full` ones need packages that scripts/test does not install."""

    name: str
    how: str
    argv: list[str]
    kind: str = "conversation"
    env: dict[str, str] = field(default_factory=dict)
    package: str = ""
    needs: str = ""
    full: bool = True
    first: str = "\n"
    again: str = "\n"
    build: Callable[[Path], list[str]] | None = None


def driver(name: str) -> str:
    return str(DRIVERS / name)


def compiled_pqxx(directory: Path) -> list[str]:
    program = directory / "pqxx"
    subprocess.run(["g++", "-std=c++17", "-w", driver("pqxx.cpp"), "-o", str(program), "-lpqxx"], check=True, timeout=200)
    return [str(program)]


def newer_python(script: str) -> Callable[[Path], list[str]]:
    """Debian 13's, by its own dynamic linker: Debian 12 has no psycopg_c."""

    def made(_: Path) -> list[str]:
        root = unpacked("trixie-psycopg", "trixie", "amd64", ["python3-psycopg-c", "python3-psycopg-pool"], closure=True) / "usr"
        return [str(root / "lib64/ld-linux-x86-64.so.2"), "--library-path", str(root / "lib/x86_64-linux-gnu"),
                str(root / "bin/python3.13"), driver(script)]

    return made


def pgbench(*options: str) -> list[str]:
    return [str(PGBIN / "pgbench"), "-n", "-C", "-f", driver("select.sql"), *options, SERVICE + " dbname=databricks_postgres"]


# What was loaded in the usual way, which the dynamic linker's global scope or the caller's own tells.
PLAIN = "wrapped"
DLSYM = "dlsym hook"
DEEPBIND = "dlopen hook"
PGSERVICE = {"PGSERVICE": "orders", "PGUSER": inventory.APP.name}
RUBY = "`PGSERVICE` rather than `service=`, and a user (`PGUSER`, or `user=` in the section): ruby-pg gives libpq all its defaults"
PSYCOPG_C = {"env": {"PSYCOPG_IMPL": "c"}, "package": "Debian 13's python3-psycopg-c"}
PSYCOPG3 = {"env": {"PSYCOPG_IMPL": "python"}, "package": "python3-psycopg"}

TABLE = [
    Program("psql, \\c, \\conninfo", PLAIN, PSQL, full=False, first="select current_user;\n",
            again="\\c\n\\conninfo\nselect current_user;\n"),
    Program("psql, \\watch", PLAIN, PSQL, kind="session", first="select current_user \\watch 0.5\n"),
    Program("pg_dump -Fd -j4", PLAIN, [str(PGBIN / "pg_dump"), "-w", "-Fd", "-j4", "-t", "programs_*", "-d", SERVICE], kind="dump",
            full=False),
    Program("pg_restore -j4", PLAIN, [str(PGBIN / "pg_restore"), "-w", "-j4", "-d", SERVICE], kind="restore", full=False),
    Program("pgbench -C", PLAIN, pgbench("-T", "6"), kind="running"),
    Program("pgbench -C -j2", PLAIN, pgbench("-T", "6", "-c", "4", "-j", "2"), kind="running"),
    Program("vacuumdb -j4", PLAIN, [str(PGBIN / "vacuumdb"), "-w", "-q", "-j4", "-t", "pg_catalog.pg_class", "--maintenance-db", SERVICE,
                                    "-d", SERVICE + " dbname=databricks_postgres"], kind="command"),
    Program("pg_dumpall", PLAIN, [str(PGBIN / "pg_dumpall"), "-w", "--no-role-passwords", "-d", SERVICE], kind="dump_all",
            needs="a role that may read everything (`pg_read_all_data`), and `--no-role-passwords`"),
    Program("pg_basebackup", PLAIN, [str(PGBIN / "pg_basebackup"), "-w", "-X", "none", "--no-sync", "-c", "fast", "-Ft", "-D", "-",
                                     "-d", SERVICE],
            kind="replication", needs="a server that allows physical replication to the role"),
    Program("pg_receivewal", PLAIN, [str(PGBIN / "pg_receivewal"), "-w", "--create-slot", "--if-not-exists", "-S", "programs", "-d", SERVICE],
            kind="replication", needs="a server that allows physical replication to the role"),
    Program("psycopg2", PLAIN, [PYTHON, driver("psycopg2_sync.py")], full=False, package="python3-psycopg2"),
    Program("psycopg2, async", PLAIN, [PYTHON, driver("psycopg2_async.py")], package="python3-psycopg2"),
    Program("psycopg2, green", PLAIN, [PYTHON, driver("psycopg2_green.py")], package="python3-psycopg2"),
    Program("psycopg2, pool", PLAIN, [PYTHON, driver("psycopg2_pool.py")], package="python3-psycopg2"),
    Program("psycopg 3 in Python", DLSYM, [PYTHON, driver("psycopg3_sync.py")], **PSYCOPG3),
    Program("psycopg 3 in Python, asyncio", DLSYM, [PYTHON, driver("psycopg3_asyncio.py")], **PSYCOPG3),
    Program("psycopg 3 in Python, pool", DLSYM, [PYTHON, driver("psycopg3_pool.py")], env={"PSYCOPG_IMPL": "python"},
            package="python3-psycopg-pool"),
    Program("psycopg 3 in C", PLAIN, [], build=newer_python("psycopg3_sync.py"), **PSYCOPG_C),
    Program("psycopg 3 in C, asyncio", PLAIN, [], build=newer_python("psycopg3_asyncio.py"), **PSYCOPG_C),
    Program("psycopg 3 in C, pool", PLAIN, [], build=newer_python("psycopg3_pool.py"), **PSYCOPG_C),
    Program("DBD::Pg", PLAIN, ["/usr/bin/perl", driver("dbd_pg.pl")], package="libdbd-pg-perl"),
    Program("php-pgsql", DEEPBIND, ["/usr/bin/php8.2", driver("pgsql.php")], package="php8.2-pgsql"),
    Program("php-pgsql, asynchronous", DEEPBIND, ["/usr/bin/php8.2", driver("pgsql_async.php")], package="php8.2-pgsql"),
    Program("php-pgsql, persistent", DEEPBIND, ["/usr/bin/php8.2", driver("pgsql_persistent.php")], package="php8.2-pgsql"),
    Program("PDO", DEEPBIND, ["/usr/bin/php8.2", driver("pdo.php")], package="php8.2-pgsql"),
    Program("php-fpm, clear_env", DEEPBIND, ["/usr/sbin/php-fpm8.2"], kind="fpm", package="php8.2-fpm",
            needs="`LD_PRELOAD` in the service's environment; `HOME` or `PGSERVICEFILE` by `env[…]` in the pool, since the pool's "
                  "workers start without any variable"),
    Program("Apache prefork, mod_php", DEEPBIND, ["/usr/sbin/apache2"], kind="apache", package="libapache2-mod-php8.2",
            needs="`LD_PRELOAD` and `HOME` in `/etc/apache2/envvars` or the unit: `SetEnv` comes too late for either"),
    Program("ruby-pg", PLAIN, ["/usr/bin/ruby", driver("ruby_pg.rb")], env=PGSERVICE, package="ruby-pg", needs=RUBY),
    Program("ruby-pg, reset", PLAIN, ["/usr/bin/ruby", driver("ruby_pg_async.rb")], env=PGSERVICE, package="ruby-pg", needs=RUBY),
    Program("psqlODBC, pyodbc", PLAIN, [PYTHON, driver("odbc.py")], package="odbc-postgresql",
            needs="the host and `SSLmode=verify-full` in the connection string: the driver knows no services, and asks for no TLS by itself"),
    Program("libpqxx", PLAIN, [], build=compiled_pqxx, package="libpqxx-dev"),
    Program("GDAL's ogr2ogr", PLAIN, ["/usr/bin/ogr2ogr", "-f", "CSV", "/vsistdout/", "PG:" + SERVICE, "-sql",
                                      "select current_user as me"], kind="command", package="gdal-bin"),
    Program("R's RPostgreSQL", PLAIN, ["/usr/bin/Rscript", driver("rpostgresql.R")], package="r-cran-rpostgresql"),
    Program("Tcl's Pgtcl", PLAIN, ["/usr/bin/tclsh", driver("pgtcl.tcl")], package="libpgtcl"),
]

# What other tests show, or what cannot be.
ELSEWHERE = [
    ("dblink_connect_u in a server, by those whom a superuser allows it", "wrapped", "tests/shim/test_hosts_server.py",
     "`PGLAKEBASE_SERVER` names the services that the server may use"),
    ("postgres_fdw and dblink in a server, for its superusers and for roles whose mapping has `password_required 'false'`", "wrapped",
     "tests/shim/test_server_foreign.py", "the same; no password in the mapping"),
    ("two and more libpqs in one process", "wrapped", "tests/shim/test_libpq_builds.py", "up to four by `dlsym`"),
    ("a dynamic libpq beside a static one", "wrapped", "tests/shim/test_static_libpq.py",
     "the program keeps its own inside; a plugin's own is reached where the plugin exports it"),
    ("modules opened with RTLD_DEEPBIND", "dlopen hook", "tests/hooks/test_dlopen.py",
     "`libpq`, `pgsql` or `postgresql` in the file's name"),
]
CANNOT = [
    ("programs with libpq inside (static)", "their calls were bound when they were linked, and with `-rdynamic` their plugins' calls, too: "
     "give them a password file, `pglakebase token --format pgpass`"),
    ("dblink and postgres_fdw for a server's ordinary users", "by design: they would borrow the server's identity; a superuser "
     "may let them (`dblink_connect_u`, `password_required 'false'`, a view of the superuser's)"),
    ("setuid programs, and those with capabilities", "the dynamic linker drops `LD_PRELOAD`"),
    ("Go, Java, node-postgres, npgsql", "they have no libpq: `pglakebase token`"),
    ("a module opened with RTLD_DEEPBIND under another name", "its own libpq comes first; rename or link the file"),
]
