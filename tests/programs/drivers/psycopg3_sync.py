import sys

import psycopg

for line in sys.stdin:
    with psycopg.connect("service=orders") as connection:
        print(connection.execute("select current_user").fetchone()[0], flush=True)
