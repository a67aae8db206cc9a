import sys

from psycopg_pool import ConnectionPool

with ConnectionPool("service=orders", min_size=1, max_size=2) as pool:
    for line in sys.stdin:
        with pool.connection() as connection:
            print(connection.execute("select current_user").fetchone()[0], flush=True)
            # The pool finds it closed and makes another.
            connection.close()
        pool.check()
