"""A program that holds more connections at once than the library has room for at first, and ends them in another order."""

from __future__ import annotations

from lakebase import inventory
from lakebase.client import LocalLakebase
from support.client import Client
from support.gateway_log import assert_safe_logins

APP = inventory.APP.name
COUNT = 70
# What this library wraps is called through the global scope, as by a program that looks its functions up itself.
PROGRAM = """
import ctypes, sys
libpq = ctypes.CDLL("libpq.so.5", mode=getattr(ctypes, sys.argv[1]))
seen = ctypes.CDLL(None)
seen.PQconnectdb.restype = seen.PQerrorMessage.restype = libpq.PQuser.restype = ctypes.c_void_p
seen.PQconnectdb.argtypes = [ctypes.c_char_p]
for function in (seen.PQfinish, seen.PQreset, seen.PQerrorMessage, libpq.PQuser, libpq.PQstatus):
    function.argtypes = [ctypes.c_void_p]

def check(connection):
    assert libpq.PQstatus(connection) == 0, ctypes.string_at(seen.PQerrorMessage(connection))

connections = [seen.PQconnectdb(b"service=orders") for _ in range(int(sys.argv[2]))]
for connection in connections:
    check(connection)
seen.PQreset(connections[-1])
check(connections[-1])
print(ctypes.string_at(libpq.PQuser(connections[-1])).decode())
for connection in connections[1::2] + connections[::2]:
    seen.PQfinish(connection)
"""


def test_many_connections_at_once(client: Client, lakebase: LocalLakebase) -> None:
    client.service("orders", "profile=DEMO")
    assert client.run("/usr/bin/python3", "-c", PROGRAM, "RTLD_GLOBAL", COUNT).ok().text == APP
    assert len(lakebase.connections()) > COUNT
    assert_safe_logins(lakebase)


def test_libpq_that_only_its_loader_sees(client: Client, lakebase: LocalLakebase) -> None:
    """Neither the caller's scope nor the global one has it: it is found among what is loaded."""
    client.service("orders", "profile=DEMO")
    assert client.run("/usr/bin/python3", "-c", PROGRAM, "RTLD_LOCAL", 2).ok().text == APP
    assert_safe_logins(lakebase)
