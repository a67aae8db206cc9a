/* Another preloaded library that wraps libpq in the usual way, and counts. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

static int connects, starts, polls, finishes;

#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

PGconn* PQconnectdb(const char* conninfo) {
  ++connects;
  return REAL(PQconnectdb)(conninfo);
}

PGconn* PQconnectStart(const char* conninfo) {
  ++starts;
  return REAL(PQconnectStart)(conninfo);
}

PGconn* PQconnectStartParams(const char* const* keywords, const char* const* values, int expand) {
  ++starts;
  return REAL(PQconnectStartParams)(keywords, values, expand);
}

PostgresPollingStatusType PQconnectPoll(PGconn* connection) {
  ++polls;
  return REAL(PQconnectPoll)(connection);
}

void PQfinish(PGconn* connection) {
  ++finishes;
  REAL(PQfinish)(connection);
}

__attribute__((destructor)) static void tell(void) {
  if (getenv("WRAPPER_TELLS") != NULL)
    printf("wrapper=%d %d %d %d\n", connects, starts, polls > 0, finishes);
}
