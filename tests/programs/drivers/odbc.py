import os
import sys

import pyodbc

pyodbc.pooling = False
for line in sys.stdin:
    # The driver knows no services, and asks for no TLS by itself. The host tells which section is meant.
    connection = pyodbc.connect("Driver={PostgreSQL Unicode};Server=%s;Port=%s;Database=databricks_postgres;SSLmode=verify-full;"
                                % (os.environ["LAKEBASE_HOST"], os.environ["LAKEBASE_PORT"]))
    print(connection.execute("select current_user").fetchone()[0], flush=True)
    connection.close()
