// Resolves parameters just well enough to be asked, never connects, and remembers every call.
#include "fake_libpq.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

enum { k_options = 12, k_calls = 256, k_value = 4096 };

static const char* const k_keywords[k_options] = {
    "service", "user",    "password",    "host",   "hostaddr",   "port",
    "dbname",  "sslmode", "sslrootcert", "sslsni", "gssencmode", "target_session_attrs"};

struct pg_conn {
  char values[k_options][k_value];
  char error[k_value];
};

static struct fake_call g_calls[k_calls];
static size_t g_count;

static void note(const char* function, const void* const* arguments, size_t count, int number,
                 const void* result) {
  if (g_count == k_calls) return;
  struct fake_call* call = &g_calls[g_count++];
  memset(call, 0, sizeof *call);
  call->function = function;
  memcpy(call->arguments, arguments, count * sizeof *arguments);
  call->number = number;
  call->result = result;
}

const struct fake_call* fake_calls(size_t* count) {
  *count = g_count;
  return g_calls;
}

void fake_forget(void) {
  g_count = 0;
}

static void set(PGconn* conn, const char* keyword, size_t size, const char* value,
                size_t value_size) {
  for (int i = 0; i < k_options; ++i) {
    if (strlen(k_keywords[i]) != size || strncmp(k_keywords[i], keyword, size) != 0) continue;
    if (value_size >= k_value) value_size = k_value - 1;
    memcpy(conn->values[i], value, value_size);
    conn->values[i][value_size] = '\0';
  }
}

// Words without quotes are all that the callers here use.
static void set_all(PGconn* conn, const char* conninfo) {
  while (*conninfo != '\0') {
    const char* equals = strchr(conninfo, '=');
    const char* end = strchr(conninfo, ' ');
    if (end == NULL) end = conninfo + strlen(conninfo);
    if (equals != NULL && equals < end)
      set(conn, conninfo, (size_t)(equals - conninfo), equals + 1, (size_t)(end - equals - 1));
    conninfo = *end == '\0' ? end : end + 1;
  }
}

static PGconn* resolve(const char* const* keywords, const char* const* values, int expand_dbname) {
  PGconn* conn = calloc(1, sizeof *conn);
  for (size_t i = 0; keywords != NULL && keywords[i] != NULL; ++i) {
    if (values[i] == NULL || values[i][0] == '\0') continue;
    if (expand_dbname && strcmp(keywords[i], "dbname") == 0 && strchr(values[i], '=') != NULL) {
      set_all(conn, values[i]);
    } else {
      set(conn, keywords[i], strlen(keywords[i]), values[i], strlen(values[i]));
    }
  }
  snprintf(conn->error, sizeof conn->error, "the stand-in never connects: %.64s",
           conn->values[k_options - 1]);
  return conn;
}

PGconn* PQconnectdb(const char* conninfo) {
  PGconn* conn = resolve(NULL, NULL, 0);
  note("PQconnectdb", (const void* const[]){conninfo}, 1, 0, conn);
  return conn;
}

PGconn* PQconnectStart(const char* conninfo) {
  PGconn* conn = resolve(NULL, NULL, 0);
  note("PQconnectStart", (const void* const[]){conninfo}, 1, 0, conn);
  return conn;
}

PGconn* PQconnectdbParams(const char* const* keywords, const char* const* values,
                          int expand_dbname) {
  PGconn* conn = resolve(keywords, values, expand_dbname);
  note("PQconnectdbParams", (const void* const[]){keywords, values}, 2, expand_dbname, conn);
  return conn;
}

PGconn* PQconnectStartParams(const char* const* keywords, const char* const* values,
                             int expand_dbname) {
  PGconn* conn = resolve(keywords, values, expand_dbname);
  note("PQconnectStartParams", (const void* const[]){keywords, values}, 2, expand_dbname, conn);
  if (conn->values[k_options - 1][0] != '\0' && g_count > 0) g_calls[g_count - 1].asked = 1;
  return conn;
}

PGconn* PQsetdbLogin(const char* host, const char* port, const char* options, const char* tty,
                     const char* dbname, const char* login, const char* pwd) {
  PGconn* conn = resolve(NULL, NULL, 0);
  const void* const arguments[] = {host, port, options, tty, dbname, login, pwd};
  note("PQsetdbLogin", arguments, 7, 0, conn);
  return conn;
}

PostgresPollingStatusType PQconnectPoll(PGconn* conn) {
  note("PQconnectPoll", (const void* const[]){conn}, 1, 0, NULL);
  return PGRES_POLLING_FAILED;
}

void PQreset(PGconn* conn) {
  note("PQreset", (const void* const[]){conn}, 1, 0, NULL);
}

int PQresetStart(PGconn* conn) {
  note("PQresetStart", (const void* const[]){conn}, 1, 0, NULL);
  return 1;
}

PostgresPollingStatusType PQresetPoll(PGconn* conn) {
  note("PQresetPoll", (const void* const[]){conn}, 1, 0, NULL);
  return PGRES_POLLING_FAILED;
}

void PQfinish(PGconn* conn) {
  note("PQfinish", (const void* const[]){conn}, 1, 0, NULL);
  free(conn);
}

char* PQerrorMessage(const PGconn* conn) {
  char* error = conn != NULL ? ((PGconn*)conn)->error : NULL;
  note("PQerrorMessage", (const void* const[]){conn}, 1, 0, error);
  return error;
}

PQconninfoOption* PQconninfo(PGconn* conn) {
  PQconninfoOption* options = calloc(k_options + 1, sizeof *options);
  for (int i = 0; i < k_options; ++i) {
    options[i].keyword = (char*)k_keywords[i];
    options[i].val = conn->values[i][0] != '\0' ? strdup(conn->values[i]) : NULL;
  }
  return options;
}

PQconninfoOption* PQconninfoParse(const char* conninfo, char** error) {
  PGconn* conn = calloc(1, sizeof *conn);
  set_all(conn, conninfo);
  PQconninfoOption* options = PQconninfo(conn);
  free(conn);
  if (error != NULL) *error = NULL;
  return options;
}

void PQconninfoFree(PQconninfoOption* options) {
  for (int i = 0; i < k_options; ++i) free(options[i].val);
  free(options);
}

void PQfreemem(void* memory) {
  free(memory);
}

ConnStatusType PQstatus(const PGconn* conn) {
  (void)conn;
  return CONNECTION_BAD;
}

char* PQpass(const PGconn* conn) {
  return ((PGconn*)conn)->values[2];
}

int PQsocket(const PGconn* conn) {
  (void)conn;
  return -1;
}

char* PQoptions(const PGconn* conn) {
  return PQuser(conn);
}

char* PQhost(const PGconn* conn) {
  return PQuser(conn);
}

char* PQuser(const PGconn* conn) {
  return ((PGconn*)conn)->values[1];
}

int PQconnectionUsedPassword(const PGconn* conn) {
  (void)conn;
  return 0;
}

int PQisnonblocking(const PGconn* conn) {
  (void)conn;
  return 0;
}

int PQsetnonblocking(PGconn* conn, int value) {
  (void)conn;
  return value;
}

int PQlibVersion(void) {
  return 150000;
}
