#ifndef PGLAKEBASE_TESTS_SHOW_H
#define PGLAKEBASE_TESTS_SHOW_H

#include <libpq-fe.h>
#include <stdio.h>

/* Prints NAME=who the session is; without one, NAME= and on stderr libpq's words, and it is 0. */
static int show(const char* name, PGconn* connection) {
  PGresult* result;
  if (PQstatus(connection) != CONNECTION_OK) {
    printf("%s=\n", name);
    fprintf(stderr, "%s", PQerrorMessage(connection));
    return 0;
  }
  result = PQexec(connection, "select current_user");
  printf("%s=%s\n", name, PQgetvalue(result, 0, 0));
  PQclear(result);
  return 1;
}

#endif
