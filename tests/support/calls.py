"""Every function of libpq that connects, with every kind of argument: arguments and environment of connect_probe.

They expect a service "orders"; {host} and {port} stand for its endpoint's.
"""

from lakebase import inventory

SERVICE = {"PGSERVICE": "orders"}
CALLS = {
    "connectdb": (["connectdb", "service=orders"], {}),
    "connectdb uri": (["connectdb", "postgresql:///?service=orders"], {}),
    "connectdb short uri": (["connectdb", "postgres://{host}:{port}?hostaddr=127.0.0.1"], {}),
    "connectdb quoted": (["connectdb", " host = '{host}' hostaddr=127.0.0.1 port={port} "], {}),
    "connectdb empty": (["connectdb", ""], SERVICE),
    "connectdb blank": (["connectdb", " \n "], SERVICE),
    "connectdb empty user": (["connectdb", "service=orders user=''"], {}),
    "connectdb uri with an empty user": (["connectdb", "postgres:///?service=orders&user="], {}),
    "start": (["start", "service=orders"], {}),
    "start empty": (["start", ""], SERVICE),
    "params": (["params", "0", "service=orders"], {}),
    "params none": (["params", "1"], SERVICE),
    "params expand": (["params", "1", "dbname=service=orders"], {}),
    "params expand uri": (["params", "1", "dbname=postgres:///?service=orders"], {}),
    "params host": (["params", "0", "host={host}", "hostaddr=127.0.0.1", "port={port}"], {}),
    "params null and empty": (["params", "1", "user", "user=", "dbname", "service=orders", "password=", "password"], {}),
    "params duplicate": (["params", "0", "host=nowhere.example", "service=orders", "host={host}", "port=1",
                          "port={port}"], {}),
    "params after string": (["params", "1", "dbname=service=orders port=1", "port={port}"], {}),
    "params second dbname": (["params", "1", "dbname=service=orders dbname=no", "dbname=" + inventory.DATABASE], {}),
    "start-params": (["start-params", "0", "service=orders"], {}),
    "start-params expand": (["start-params", "1", "dbname=service=orders"], {}),
    "login": (["login", "{host}", "{port}", "NULL", "NULL", "NULL", "NULL", "NULL"], {"PGHOSTADDR": "127.0.0.1"}),
    "login empty": (["login", "{host}", "{port}", "", "", "", "", ""], {"PGHOSTADDR": "127.0.0.1"}),
    "login nothing": (["login", *["NULL"] * 7], SERVICE),
    "login string": (["login", *["NULL"] * 4, "service=orders", "NULL", "NULL"], {}),
    "login string and more": (["login", "NULL", "{port}", "NULL", "NULL", "service=orders port=1", "NULL", "NULL"], {}),
}
