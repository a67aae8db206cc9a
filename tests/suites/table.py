"""Other people's tests that are run with the library preloaded and without, and what is left out, with reasons."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    name: str
    source: str
    kind: str  # the way it is run: tap, regress, psycopg2, dbd_pg
    directory: str = ""
    left_out: dict[str, str] = field(default_factory=dict)


POSTGRESQL = "postgresql-15"
SUITES = [
    Suite("psql", POSTGRESQL, "tap", "src/bin/psql"),
    Suite("pg_dump", POSTGRESQL, "tap", "src/bin/pg_dump"),
    Suite("scripts", POSTGRESQL, "tap", "src/bin/scripts"),
    Suite("pgbench", POSTGRESQL, "tap", "src/bin/pgbench"),
    Suite("pg_basebackup", POSTGRESQL, "tap", "src/bin/pg_basebackup"),
    Suite("authentication", POSTGRESQL, "tap", "src/test/authentication"),
    Suite("regress", POSTGRESQL, "regress", "src/test/regress"),
    Suite("psycopg2", "psycopg2", "psycopg2", "tests"),
    Suite("DBD::Pg", "libdbd-pg-perl", "dbd_pg", "t", left_out={
        "00_signature.t": "checks the signature of the sources' files; connects nowhere",
    }),
]

# Whole suites of PostgreSQL's that are not run at all.
NOT_RUN = {
    "src/interfaces/libpq": "its programs are not part of Debian's packages, and need PostgreSQL's own build",
    "src/test/ssl, src/test/kerberos, src/test/ldap": "need servers, keys or a host name beside PostgreSQL's",
    "src/test/recovery, src/test/subscription, src/bin/pg_rewind, src/bin/pg_upgrade": "test the server; their clients are psql and pg_dump",
    "src/bin/initdb, pg_ctl, pg_checksums, pg_waldump and their like": "connect nowhere",
}
