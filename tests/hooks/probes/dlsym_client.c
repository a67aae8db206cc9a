// Finds libpq's functions as ctypes does, in each library that is named, connects through each and
// says who it is there:  dlsym_client WAY CONNINFO LIBRARY...  (WAY: connectdb, params, start,
// reset)
#include <dlfcn.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#ifdef OLD_VERSION
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
__asm__(".symver dlopen, dlopen@GLIBC_2.2.5");
#endif

#define FIND(name) (__extension__(__typeof__(&name)) dlsym(library, #name))

static PGconn* start(void* library, const char* conninfo) {
  PGconn* connection = FIND(PQconnectStart)(conninfo);
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (FIND(PQstatus)(connection) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
         status != PGRES_POLLING_FAILED) {
    struct pollfd fd = {FIND(PQsocket)(connection),
                        status == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};
    poll(&fd, 1, 10000);
    status = FIND(PQconnectPoll)(connection);
  }
  return connection;
}

static PGconn* connect_to(void* library, const char* way, const char* conninfo) {
  const char* const keywords[] = {"dbname", NULL};
  const char* const values[] = {conninfo, NULL};
  if (strcmp(way, "params") == 0) return FIND(PQconnectdbParams)(keywords, values, 1);
  if (strcmp(way, "start") == 0) return start(library, conninfo);
  PGconn* connection = FIND(PQconnectdb)(conninfo);
  if (strcmp(way, "reset") == 0) FIND(PQreset)(connection);
  return connection;
}

int main(int argc, char** argv) {
  for (int i = 3; i < argc; ++i) {
    void* library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 2;
    }
    PGconn* connection = connect_to(library, argv[1], argv[2]);
    printf("%d ", FIND(PQlibVersion)() / 10000);
    if (FIND(PQstatus)(connection) == CONNECTION_OK) {
      PGresult* result = FIND(PQexec)(connection, "select current_user");
      printf("%s\n", FIND(PQgetvalue)(result, 0, 0));
      FIND(PQclear)(result);
    } else {
      printf("%s", FIND(PQerrorMessage)(connection));
    }
    FIND(PQfinish)(connection);
  }
  return 0;
}
