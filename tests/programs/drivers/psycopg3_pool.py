import sys

from psycopg_pool import ConnectionPool

with ConnectionPool("service=orders", min_size=1, max_size=1) as pool:
    for line in sys.stdin:
        # The pool has one from before, and makes another as soon as it finds this one closed.
        with pool.connection() as connection:
            connection.close()
        with pool.connection() as connection:
            print(connection.execute("select current_user").fetchone()[0], flush=True)
