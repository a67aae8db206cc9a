#include "entries.hpp"

#include <libpq-fe.h>

#include "connect.hpp"
#include "connections.hpp"
#include "errno_keeper.hpp"
#include "failed_connection.hpp"
#include "inert.hpp"
#include "libpq.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/helper_process.hpp"
#include "pglakebase/core/view.hpp"
#include "reentry_guard.hpp"
#include "renewal.hpp"
#include "waking.hpp"

#define PGLAKEBASE_REAL(call, name) reinterpret_cast<decltype(&::name)>((call).function)

namespace pglakebase {
namespace {

// One call of a wrapped function. The loaded objects are looked at once for it, and not at all
// where libpq calls itself, as it does many times in each call that waits.
struct Call {
  Call(Wrapped wrapped, const void* return_address)
      : caller(return_address),
        callee{
            nullptr, {}, ReentryGuard::covers(caller) ? ReentryGuard::loaded() : LoadCount::now()},
        meaning(Meaning::at(caller, callee.loaded)),
        function(meaning.real(wrapped)),
        from_inside(ReentryGuard::active() && meaning.beside(function)) {
    if (function == nullptr || from_inside) return;
    callee.object = meaning.home();
    callee.poll = reinterpret_cast<Callee::Poll>(meaning.own_poll());
  }

  const void* caller;
  Callee callee;
  Meaning& meaning;  // until anything is called
  void* function;    // the real one; null if there is none
  bool from_inside;  // libpq's own business
};

// True if the connection was made here. Whatever happens on the way, errno is then as the caller
// left it for the real function.
bool handled(const Call& call, const ConnectCall& wanted, PGconn*& connection) {
  if (call.function == nullptr || call.from_inside) return false;
  const ErrnoKeeper keeper;
  collect_ended_helpers();
  Libpq libpq;
  if (is_inert() || !call.meaning.libpq(libpq) || call.meaning.is_ping(call.caller)) return false;
  const ReentryGuard guard(call.callee);
  return connect_to_lakebase(wanted, libpq, connection);
}

// libpq reaches PQconnectStart and others from inside; those calls are its own business.
template <typename Function, typename... Arguments>
auto call_guarded(const Call& call, Function function, Arguments... arguments) {
  // The guard that stands knows more.
  if (call.from_inside) return function(arguments...);
  const ReentryGuard guard(call.callee);
  return function(arguments...);
}

// A connection that we had a hand in, and its libpq.
bool knows(const Call& call, const PGconn* connection, Libpq& libpq) {
  if (call.function == nullptr || recall(connection) == nullptr || call.from_inside) return false;
  const ErrnoKeeper keeper;
  return !is_inert() && call.meaning.libpq(libpq);
}

bool renewed(const Call& call, const Libpq& libpq, PGconn* connection, bool blocking) {
  const ErrnoKeeper keeper;
  const ReentryGuard guard(call.callee);
  return renew_before_reset(libpq, connection, blocking);
}

void settled(const Call& call, const Libpq& libpq, PGconn* connection, std::int64_t begun_ms) {
  const ErrnoKeeper keeper;
  const ReentryGuard guard(call.callee);
  settle_awake(libpq, connection, begun_ms);
}

PostgresPollingStatusType poll(Wrapped wrapped, PGconn* connection, const void* caller) {
  const Call call(wrapped, caller);
  const auto real = reinterpret_cast<decltype(&::PQconnectPoll)>(call.function);
  if (real == nullptr) return PGRES_POLLING_FAILED;
  if (call.from_inside) return real(connection);
  Libpq libpq;
  const bool known = knows(call, connection, libpq);
  const PostgresPollingStatusType status = call_guarded(call, real, connection);
  if (!known || (status != PGRES_POLLING_FAILED && status != PGRES_POLLING_OK)) return status;
  const ErrnoKeeper keeper;
  const ReentryGuard guard(call.callee);
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

bool handled_string(const Call& call, const char* conninfo, bool blocking, PGconn*& connection) {
  if (conninfo == nullptr || (!StringCall::is_blank(conninfo) && !is_connection_string(conninfo)))
    return false;
  const StringCall strings(conninfo);
  return handled(call, {strings.keywords, strings.values, true, blocking}, connection);
}

}  // namespace

namespace entries {

PGconn* PQconnectdb(const char* conninfo, const void* caller) {
  const Call call(Wrapped::PQconnectdb, caller);
  const auto real = PGLAKEBASE_REAL(call, PQconnectdb);
  PGconn* connection = nullptr;
  if (handled_string(call, conninfo, true, connection)) return connection;
  return real != nullptr ? call_guarded(call, real, conninfo) : nullptr;
}

PGconn* PQconnectStart(const char* conninfo, const void* caller) {
  const Call call(Wrapped::PQconnectStart, caller);
  const auto real = PGLAKEBASE_REAL(call, PQconnectStart);
  PGconn* connection = nullptr;
  if (handled_string(call, conninfo, false, connection)) return connection;
  return real != nullptr ? call_guarded(call, real, conninfo) : nullptr;
}

PGconn* PQconnectdbParams(const char* const* keywords, const char* const* values, int expand_dbname,
                          const void* caller) {
  const Call call(Wrapped::PQconnectdbParams, caller);
  const auto real = PGLAKEBASE_REAL(call, PQconnectdbParams);
  PGconn* connection = nullptr;
  if (handled(call, {keywords, values, expand_dbname != 0, true}, connection)) return connection;
  return real != nullptr ? call_guarded(call, real, keywords, values, expand_dbname) : nullptr;
}

PGconn* PQconnectStartParams(const char* const* keywords, const char* const* values,
                             int expand_dbname, const void* caller) {
  const Call call(Wrapped::PQconnectStartParams, caller);
  const auto real = PGLAKEBASE_REAL(call, PQconnectStartParams);
  PGconn* connection = nullptr;
  if (handled(call, {keywords, values, expand_dbname != 0, false}, connection)) return connection;
  return real != nullptr ? call_guarded(call, real, keywords, values, expand_dbname) : nullptr;
}

PGconn* PQsetdbLogin(const char* pghost, const char* pgport, const char* pgoptions,
                     const char* pgtty, const char* dbName, const char* login, const char* pwd,
                     const void* caller) {
  const Call call(Wrapped::PQsetdbLogin, caller);
  const auto real = PGLAKEBASE_REAL(call, PQsetdbLogin);
  // Named settings win over those in a connection string given as dbName, as in libpq.
  static constexpr const char* keywords[] = {"dbname", "host",     "port", "options",
                                             "user",   "password", nullptr};
  const char* const values[] = {dbName, pghost, pgport, pgoptions, login, pwd, nullptr};
  PGconn* connection = nullptr;
  if (handled(call, {keywords, values, true, true}, connection)) return connection;
  return real != nullptr
             ? call_guarded(call, real, pghost, pgport, pgoptions, pgtty, dbName, login, pwd)
             : nullptr;
}

PostgresPollingStatusType PQconnectPoll(PGconn* conn, const void* caller) {
  return poll(Wrapped::PQconnectPoll, conn, caller);
}

PostgresPollingStatusType PQresetPoll(PGconn* conn, const void* caller) {
  return poll(Wrapped::PQresetPoll, conn, caller);
}

void PQreset(PGconn* conn, const void* caller) {
  const Call call(Wrapped::PQreset, caller);
  const auto real = PGLAKEBASE_REAL(call, PQreset);
  Libpq libpq;
  const bool known = knows(call, conn, libpq);
  const std::int64_t begun_ms = known ? monotonic_ms() : 0;
  if (real == nullptr || (known && !renewed(call, libpq, conn, true))) return;
  call_guarded(call, real, conn);
  if (known) settled(call, libpq, conn, begun_ms);
}

int PQresetStart(PGconn* conn, const void* caller) {
  const Call call(Wrapped::PQresetStart, caller);
  const auto real = PGLAKEBASE_REAL(call, PQresetStart);
  Libpq libpq;
  if (real == nullptr || (knows(call, conn, libpq) && !renewed(call, libpq, conn, false))) return 0;
  return call_guarded(call, real, conn);
}

void PQfinish(PGconn* conn, const void* caller) {
  const Call call(Wrapped::PQfinish, caller);
  const auto real = PGLAKEBASE_REAL(call, PQfinish);
  forget(conn);
  if (real != nullptr) call_guarded(call, real, conn);
}

char* PQerrorMessage(const PGconn* conn, const void* caller) {
  const Call call(Wrapped::PQerrorMessage, caller);
  const auto real = PGLAKEBASE_REAL(call, PQerrorMessage);
  char* words = real != nullptr ? real(conn) : nullptr;
  // libpq's type; nobody may write there, here as in libpq.
  return const_cast<char*>(message_of(conn, words));
}

}  // namespace entries
}  // namespace pglakebase
