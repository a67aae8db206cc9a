import sys

from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(0, 4, "service=orders")
for line in sys.stdin:
    connection = pool.getconn()
    cursor = connection.cursor()
    cursor.execute("select current_user")
    print(cursor.fetchone()[0], flush=True)
    # The pool makes another one next time.
    pool.putconn(connection, close=True)
