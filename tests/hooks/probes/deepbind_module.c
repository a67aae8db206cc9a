// A module as PHP has them: its references, opened with RTLD_DEEPBIND, find its own libraries
// first.
#include <libpq-fe.h>
#include <stdio.h>

int answer(void);

int act(const char* conninfo) {
  PGconn* connection = PQconnectdb(conninfo);
  printf("answer %d\n", answer());
  if (PQstatus(connection) == CONNECTION_OK) {
    PGresult* result = PQexec(connection, "select current_user");
    printf("user %s\n", PQgetvalue(result, 0, 0));
    PQclear(result);
  } else {
    printf("error %s", PQerrorMessage(connection));
  }
  PQfinish(connection);
  return 0;
}
