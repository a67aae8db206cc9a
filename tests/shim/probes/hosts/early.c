/* A library that connects before main, from its constructor; EARLY_CONNINFO says where. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void connect_early(void) {
  const char* conninfo = getenv("EARLY_CONNINFO");
  if (conninfo == NULL) return;
  PGconn* connection = PQconnectdb(conninfo);
  printf("early=%s%s\n", PQstatus(connection) == CONNECTION_OK ? "ok" : "bad ",
         PQerrorMessage(connection));
  fflush(stdout);
  PQfinish(connection);
}

int early_present(void) {
  return 1;
}
