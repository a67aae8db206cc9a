// The functions that the dynamic linker finds here before libpq's own.
#include <libpq-fe.h>

#include "entries.hpp"
#include "reentry_guard.hpp"

#define PGLAKEBASE_EXPORT extern "C" [[gnu::visibility("default")]]

namespace entries = pglakebase::entries;

PGLAKEBASE_EXPORT PGconn* PQconnectdb(const char* conninfo) {
  return entries::PQconnectdb(conninfo, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT PGconn* PQconnectStart(const char* conninfo) {
  return entries::PQconnectStart(conninfo, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT PGconn* PQconnectdbParams(const char* const* keywords, const char* const* values,
                                            int expand_dbname) {
  return entries::PQconnectdbParams(keywords, values, expand_dbname, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT PGconn* PQconnectStartParams(const char* const* keywords,
                                               const char* const* values, int expand_dbname) {
  return entries::PQconnectStartParams(keywords, values, expand_dbname,
                                       __builtin_return_address(0));
}

PGLAKEBASE_EXPORT PGconn* PQsetdbLogin(const char* pghost, const char* pgport,
                                       const char* pgoptions, const char* pgtty, const char* dbName,
                                       const char* login, const char* pwd) {
  return entries::PQsetdbLogin(pghost, pgport, pgoptions, pgtty, dbName, login, pwd,
                               __builtin_return_address(0));
}

PGLAKEBASE_EXPORT PostgresPollingStatusType PQconnectPoll(PGconn* conn) {
  const void* caller = __builtin_return_address(0);
  if (const auto real = pglakebase::ReentryGuard::poll_for(caller)) return real(conn);
  return entries::PQconnectPoll(conn, caller);
}

PGLAKEBASE_EXPORT PostgresPollingStatusType PQresetPoll(PGconn* conn) {
  return entries::PQresetPoll(conn, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT void PQreset(PGconn* conn) {
  entries::PQreset(conn, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT int PQresetStart(PGconn* conn) {
  return entries::PQresetStart(conn, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT void PQfinish(PGconn* conn) {
  entries::PQfinish(conn, __builtin_return_address(0));
}

PGLAKEBASE_EXPORT char* PQerrorMessage(const PGconn* conn) {
  return entries::PQerrorMessage(conn, __builtin_return_address(0));
}
