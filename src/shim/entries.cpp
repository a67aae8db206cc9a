#include "entries.hpp"

#include <libpq-fe.h>

#include "connect.hpp"
#include "connections.hpp"
#include "errno_keeper.hpp"
#include "failed_connection.hpp"
#include "inert.hpp"
#include "libpq.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/view.hpp"
#include "reentry_guard.hpp"
#include "renewal.hpp"
#include "waking.hpp"

#define PGLAKEBASE_REAL(name) Meaning::at(caller).real<decltype(&::name)>(Wrapped::name)

namespace pglakebase {
namespace {

template <typename Function>
bool is_from_inside(const Meaning& meaning, Function real) {
  return ReentryGuard::active() && meaning.beside(reinterpret_cast<const void*>(real));
}

// True if the connection was made here. Whatever happens on the way, errno is then as the caller
// left it for the real function.
template <typename Function>
bool handled(Function real, const ConnectCall& call, PGconn*& connection) {
  if (real == nullptr || is_from_inside(Meaning::at(call.caller), real)) return false;
  const ErrnoKeeper keeper;
  if (is_inert() || is_ping(call.caller)) return false;
  const ReentryGuard guard;
  return connect_to_lakebase(call, connection);
}

// libpq reaches PQconnectStart and others from inside; those calls are its own business.
template <typename Function, typename... Arguments>
auto call_guarded(Function function, Arguments... arguments) {
  const ReentryGuard guard;
  return function(arguments...);
}

// A connection that we had a hand in, and its libpq.
template <typename Function>
bool knows(Function real, const PGconn* connection, const void* caller, Libpq& libpq) {
  if (real == nullptr || recall(connection) == nullptr) return false;
  Meaning& meaning = Meaning::at(caller);
  if (is_from_inside(meaning, real)) return false;
  const ErrnoKeeper keeper;
  return !is_inert() && meaning.libpq(libpq);
}

bool renewed(const Libpq& libpq, PGconn* connection, bool blocking) {
  const ErrnoKeeper keeper;
  const ReentryGuard guard;
  return renew_before_reset(libpq, connection, blocking);
}

void settled(const Libpq& libpq, PGconn* connection, std::int64_t begun_ms) {
  const ErrnoKeeper keeper;
  const ReentryGuard guard;
  settle_awake(libpq, connection, begun_ms);
}

PostgresPollingStatusType poll(Wrapped function, PGconn* connection, const void* caller) {
  Meaning& meaning = Meaning::at(caller);
  const auto real = meaning.real<decltype(&::PQconnectPoll)>(function);
  if (real == nullptr) return PGRES_POLLING_FAILED;
  // libpq does so many times in each call that waits.
  if (is_from_inside(meaning, real)) return real(connection);
  Libpq libpq;
  const bool known = knows(real, connection, caller, libpq);
  const PostgresPollingStatusType status = call_guarded(real, connection);
  if (!known || (status != PGRES_POLLING_FAILED && status != PGRES_POLLING_OK)) return status;
  const ErrnoKeeper keeper;
  const ReentryGuard guard;
  return settle_polled(libpq, connection, status);
}

struct StringCall {
  const char* keywords[2] = {"dbname", nullptr};
  const char* values[2] = {nullptr, nullptr};

  explicit StringCall(const char* conninfo) {
    // A blank string means defaults only; a bare name is not a conninfo string, and refused.
    if (is_blank(conninfo)) {
      keywords[0] = nullptr;
    } else {
      values[0] = conninfo;
    }
  }

  static bool is_blank(const char* conninfo) { return trim(conninfo).empty(); }
};

bool handled_string(PGconn* (*real)(const char*), const void* caller, const char* conninfo,
                    bool blocking, PGconn*& connection) {
  if (conninfo == nullptr || (!StringCall::is_blank(conninfo) && !is_connection_string(conninfo)))
    return false;
  const StringCall strings(conninfo);
  return handled(real, {caller, strings.keywords, strings.values, true, blocking}, connection);
}

}  // namespace

namespace entries {

PGconn* PQconnectdb(const char* conninfo, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQconnectdb);
  PGconn* connection = nullptr;
  if (handled_string(real, caller, conninfo, true, connection)) return connection;
  return real != nullptr ? call_guarded(real, conninfo) : nullptr;
}

PGconn* PQconnectStart(const char* conninfo, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQconnectStart);
  PGconn* connection = nullptr;
  if (handled_string(real, caller, conninfo, false, connection)) return connection;
  return real != nullptr ? call_guarded(real, conninfo) : nullptr;
}

PGconn* PQconnectdbParams(const char* const* keywords, const char* const* values, int expand_dbname,
                          const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQconnectdbParams);
  PGconn* connection = nullptr;
  if (handled(real, {caller, keywords, values, expand_dbname != 0, true}, connection))
    return connection;
  return real != nullptr ? call_guarded(real, keywords, values, expand_dbname) : nullptr;
}

PGconn* PQconnectStartParams(const char* const* keywords, const char* const* values,
                             int expand_dbname, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQconnectStartParams);
  PGconn* connection = nullptr;
  if (handled(real, {caller, keywords, values, expand_dbname != 0, false}, connection))
    return connection;
  return real != nullptr ? call_guarded(real, keywords, values, expand_dbname) : nullptr;
}

PGconn* PQsetdbLogin(const char* pghost, const char* pgport, const char* pgoptions,
                     const char* pgtty, const char* dbName, const char* login, const char* pwd,
                     const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQsetdbLogin);
  // Named settings win over those in a connection string given as dbName, as in libpq.
  static constexpr const char* keywords[] = {"dbname", "host",     "port", "options",
                                             "user",   "password", nullptr};
  const char* const values[] = {dbName, pghost, pgport, pgoptions, login, pwd, nullptr};
  PGconn* connection = nullptr;
  if (handled(real, {caller, keywords, values, true, true}, connection)) return connection;
  return real != nullptr ? call_guarded(real, pghost, pgport, pgoptions, pgtty, dbName, login, pwd)
                         : nullptr;
}

PostgresPollingStatusType PQconnectPoll(PGconn* conn, const void* caller) {
  return poll(Wrapped::PQconnectPoll, conn, caller);
}

PostgresPollingStatusType PQresetPoll(PGconn* conn, const void* caller) {
  return poll(Wrapped::PQresetPoll, conn, caller);
}

void PQreset(PGconn* conn, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQreset);
  Libpq libpq;
  const bool known = knows(real, conn, caller, libpq);
  const std::int64_t begun_ms = known ? monotonic_ms() : 0;
  if (real == nullptr || (known && !renewed(libpq, conn, true))) return;
  call_guarded(real, conn);
  if (known) settled(libpq, conn, begun_ms);
}

int PQresetStart(PGconn* conn, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQresetStart);
  Libpq libpq;
  if (real == nullptr || (knows(real, conn, caller, libpq) && !renewed(libpq, conn, false)))
    return 0;
  return call_guarded(real, conn);
}

void PQfinish(PGconn* conn, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQfinish);
  forget(conn);
  if (real != nullptr) call_guarded(real, conn);
}

char* PQerrorMessage(const PGconn* conn, const void* caller) {
  const auto real = PGLAKEBASE_REAL(PQerrorMessage);
  char* words = real != nullptr ? real(conn) : nullptr;
  // libpq's type; nobody may write there, here as in libpq.
  return const_cast<char*>(message_of(conn, words));
}

}  // namespace entries
}  // namespace pglakebase
