import sys

import psycopg2
import psycopg2.extensions
import psycopg2.extras

psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
for line in sys.stdin:
    connection = psycopg2.connect("service=orders")
    cursor = connection.cursor()
    cursor.execute("select current_user")
    print(cursor.fetchone()[0], flush=True)
    connection.close()
