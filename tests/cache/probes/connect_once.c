// Connects by one conninfo string and ends: the least that a program of libpq's can be.
#include <libpq-fe.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  PGconn* connection = PQconnectdb(argv[1]);
  const int good = PQstatus(connection) == CONNECTION_OK;
  if (!good) fprintf(stderr, "%s", PQerrorMessage(connection));
  PQfinish(connection);
  return good ? 0 : 1;
}
