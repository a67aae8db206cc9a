// Calls every wrapped function and checks that the very same arguments reached libpq, and its very
// same answer came back.
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_libpq.h"

static int g_bad;

// Without this, a library that never woke up would pass.
static int was_asked(const struct fake_call* call, size_t calls) {
  for (size_t i = 0; i < calls; ++i)
    if (strcmp(call[i].function, "PQconnectStartParams") == 0 && call[i].asked) return 1;
  return 0;
}

static void check(const char* function, const char* what, const void* const* arguments,
                  size_t count, int number, const void* result, int error) {
  size_t calls = 0;
  const struct fake_call* call = fake_calls(&calls);
  int same = 0;
  for (size_t i = 0; i < calls; ++i)
    if (strcmp(call[i].function, function) == 0 && call[i].number == number &&
        memcmp(call[i].arguments, arguments, count * sizeof *arguments) == 0 &&
        (result == NULL || call[i].result == result))
      same = 1;
  // The last word belongs to the caller's own call.
  const int last = calls > 0 && strcmp(call[calls - 1].function, function) == 0;
  const int asked = was_asked(call, calls);
  if (!same || !last || error != 77) g_bad = 1;
  printf("%s, %s: %s%s%s%s\n", function, what, same ? "same" : "DIFFERENT", last ? "" : " NOT LAST",
         error == 77 ? "" : " ERRNO", asked ? ", after a question" : "");
  fake_forget();
}

static void on_connection(PGconn* conn, const char* what) {
  const void* const arguments[] = {conn};
  fake_forget();
  errno = 77;
  PQconnectPoll(conn);
  check("PQconnectPoll", what, arguments, 1, 0, NULL, errno);
  errno = 77;
  PQreset(conn);
  check("PQreset", what, arguments, 1, 0, NULL, errno);
  errno = 77;
  PQresetStart(conn);
  check("PQresetStart", what, arguments, 1, 0, NULL, errno);
  errno = 77;
  PQresetPoll(conn);
  check("PQresetPoll", what, arguments, 1, 0, NULL, errno);
  errno = 77;
  const char* message = PQerrorMessage(conn);
  check("PQerrorMessage", what, arguments, 1, 0, message, errno);
  errno = 77;
  PQfinish(conn);
  check("PQfinish", what, arguments, 1, 0, NULL, errno);
}

static void with_string(const char* what, const char* conninfo) {
  const void* const arguments[] = {conninfo};
  errno = 77;
  PGconn* conn = PQconnectdb(conninfo);
  check("PQconnectdb", what, arguments, 1, 0, conn, errno);
  PQfinish(conn);
  fake_forget();
  errno = 77;
  conn = PQconnectStart(conninfo);
  check("PQconnectStart", what, arguments, 1, 0, conn, errno);
  on_connection(conn, what);
}

static void with_arrays(const char* what, const char* const* keywords, const char* const* values) {
  const void* const arguments[] = {keywords, values};
  for (int expand = 0; expand < 3; ++expand) {
    errno = 77;
    PGconn* conn = PQconnectdbParams(keywords, values, expand);
    check("PQconnectdbParams", what, arguments, 2, expand, conn, errno);
    PQfinish(conn);
    fake_forget();
    errno = 77;
    conn = PQconnectStartParams(keywords, values, expand);
    check("PQconnectStartParams", what, arguments, 2, expand, conn, errno);
    PQfinish(conn);
    fake_forget();
  }
}

static void with_login(const char* what, const char* host, const char* dbname, const char* pwd) {
  const char* port = "5432";
  const char* login = "somebody";
  const char* empty = "";
  const void* const arguments[] = {host, port, empty, NULL, dbname, login, pwd};
  errno = 77;
  PGconn* conn = PQsetdbLogin(host, port, empty, NULL, dbname, login, pwd);
  check("PQsetdbLogin", what, arguments, 7, 0, conn, errno);
  PQfinish(conn);
  fake_forget();
}

// argv: a host that is not Lakebase, a Lakebase host.
int run_calls(const char* plain, const char* lakebase) {
  char conninfo[1024];
  const char* const keywords[] = {"host", "user", "host", "dbname", "password", NULL};
  const char* values[] = {"first.example", "somebody", plain, NULL, "", NULL};

  snprintf(conninfo, sizeof conninfo, "host=%s user=somebody", plain);
  with_string("plain", conninfo);
  with_arrays("plain", keywords, values);
  with_login("plain", plain, "db", NULL);
  with_login("plain in dbname", NULL, conninfo, NULL);

  snprintf(conninfo, sizeof conninfo, "host=%s user=somebody password=native", lakebase);
  values[2] = lakebase;
  values[4] = "native";
  with_string("native", conninfo);
  with_arrays("native", keywords, values);
  with_login("native", lakebase, "db", "native");
  with_login("native in dbname", NULL, conninfo, NULL);

  with_string("empty", "");
  with_string("null", NULL);
  with_string("no conninfo", "just_a_name");
  with_arrays("null", NULL, NULL);
  on_connection(NULL, "no connection");
  return g_bad;
}
