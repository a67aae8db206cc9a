// A driver as others build it: linked to a libpq, opened by a program that knows none.
#include <libpq-fe.h>
#include <stdio.h>

static PGconn* connection;

int plugin_version(void) {
  return PQlibVersion();
}

// "" or "reset" for the connection there is; else a conninfo. Writes who we are, or the error.
void plugin_do(const char* what, char* answer, size_t size) {
  if (what[0] == 'r' && what[1] == 'e') {
    PQreset(connection);
  } else if (what[0] != '\0') {
    PQfinish(connection);
    connection = PQconnectdb(what);
  }
  if (PQstatus(connection) != CONNECTION_OK) {
    snprintf(answer, size, "%s", PQerrorMessage(connection));
    return;
  }
  PGresult* result = PQexec(connection, "select current_user");
  snprintf(answer, size, "%s",
           PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : PQerrorMessage(connection));
  PQclear(result);
}
