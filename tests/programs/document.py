"""docs/PROGRAMS.md, made of the table and of what a run showed."""

from __future__ import annotations

from collections.abc import Mapping

from support.build import ROOT

from .programs import CANNOT, ELSEWHERE, TABLE

DOCUMENT = ROOT / "docs" / "PROGRAMS.md"

HEAD = """# Programs

Written by `scripts/programs-table`, which runs each program against the local Lakebase: it connects; it connects again after
its token has expired; it connects again after the server has revoked a token that should still be good. The versions are
those of Debian 12. *Wrapped*: the dynamic linker finds our functions first. *dlsym hook*, *dlopen hook*: the program is
reached through those, see `src/shim/hooks.hpp`; `PGLAKEBASE_HOOKS=off` takes them away.

| program | reached by | works | Debian's package | what it needs besides `LD_PRELOAD` and a service |
|---|---|---|---|---|
"""

MIDDLE = """
Shown by other tests:

| what | reached by | test | what it needs |
|---|---|---|---|
"""

TAIL = """
## What cannot be reached

| what | why, and what to do |
|---|---|
"""

SETTING = """
## Where to set LD_PRELOAD

`pglakebase run -- program` sets it for one program, `pglakebase env` says it for a shell. In a systemd unit:
`Environment=LD_PRELOAD=…/libpglakebase.so` in a drop-in; a unit with `PrivateTmp=` or `ProtectHome=` needs a
`PGLAKEBASE_CACHE_DIR` that it can write. The variables that say who signs in have to stand where the connection is made: for
php-fpm in the pool, for Apache in its own environment, for Postfix and Dovecot in their `import_environment` (`name=value`).

A daemon that gives up root's rights needs the `HOME` of the user that it becomes, or none: libpq looks there for certificates,
and fails where it may not look. In a chroot the helper, the cache and the files that say who signs in have to be inside; Postfix
has `proxy:pgsql:` for its chrooted daemons, which asks a daemon outside. A program that sends the system's user where it is told
none (pgcli, ruby-pg and Sequel do) needs `user=` in the section, or `PGUSER`.

Tried by hand with the packages of Debian 12, each over an expiry and a revoked token: osm2pgsql, collectd, rsyslog's ompgsql,
FreeRADIUS, ProFTPD, Dovecot's sql, Postfix's `proxy:pgsql:`, SQLAlchemy, Django, Mojo::Pg, LuaSQL, ecpg, libdbi, Sequel, pg_activity
and pgcli.

## In a PostgreSQL server

In a server's processes the library does nothing unless `PGLAKEBASE_SERVER` in the server's environment names services of the
server's user (`~postgres/.pg_service.conf`); then it does for these what it does elsewhere, and for nothing else:

```sql
create server lake foreign data wrapper postgres_fdw options (service 'orders');
create user mapping for postgres server lake;
create user mapping for reports server lake options (password_required 'false');
select * from dblink('service=orders', 'select 1') as t(x int);
```

The mapping names no password. Host and port of the service in place of its name do as well. A superuser can do this; anybody
else only where a superuser set `password_required 'false'` (postgres_fdw), granted `dblink_connect_u`, or made a view of the
foreign table, since PostgreSQL demands a password from all others, and takes any word for one: that word is sent as it is, and
fails. Each of these roles is then the service's identity in Lakebase; and who may write the connection string or the options of
the foreign server (`hostaddr`, `sslrootcert`) can have the token sent to a machine of their own, as with a password file. A
connection that postgres_fdw keeps lives on when its token ends; the next one has a new token.

A standby's `primary_conninfo = 'service=orders'` and a subscription's `connection 'service=orders'` are served in the same way.
`pg_basebackup -R` and `pg_rewind -R` do not write that: they write all that libpq knows of their connection, the token too, and
PostgreSQL then finds the line too long to read. Write `standby.signal` and `primary_conninfo` yourself.
"""


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def text(results: Mapping[str, bool]) -> str:
    said = {True: "yes", False: "**no**", None: "not run"}
    rows = "".join(row(p.name, p.how, said[results.get(p.name)], p.package or "PostgreSQL's own", p.needs or "nothing") for p in TABLE)
    elsewhere = "".join(row(*cells) for cells in ELSEWHERE)
    return HEAD + rows + MIDDLE + elsewhere + TAIL + "".join(row(*cells) for cells in CANNOT) + SETTING
