import sys

import psycopg2

for line in sys.stdin:
    with psycopg2.connect("service=orders") as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        print(cursor.fetchone()[0], flush=True)
    connection.close()
