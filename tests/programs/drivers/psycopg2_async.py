import select
import sys

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ


def wait(connection):
    while (state := connection.poll()) != POLL_OK:
        fds = [connection.fileno()]
        select.select(*((fds, [], []) if state == POLL_READ else ([], fds, [])), 20)


for line in sys.stdin:
    connection = psycopg2.connect("service=orders", async_=True)
    wait(connection)
    cursor = connection.cursor()
    cursor.execute("select current_user")
    wait(connection)
    print(cursor.fetchone()[0], flush=True)
    connection.close()
