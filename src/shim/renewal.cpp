#include "renewal.hpp"

#include "cancellation_keeper.hpp"
#include "credential_swap.hpp"
#include "login_troubles.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/fingerprint.hpp"
#include "pglakebase/core/host_check.hpp"
#include "pglakebase/core/log.hpp"
#include "pglakebase/core/obtain.hpp"
#include "pglakebase/core/replacement.hpp"
#include "pglakebase/core/token_kind.hpp"
#include "pglakebase/core/view.hpp"
#include "rejection.hpp"
#include "search_path.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_polling_wait_ms = 5'000;

struct Asking {
  Cache cache = Cache::open();
  Request request;

  explicit Asking(const Remembered& remembered)
      : request(Request::build(
            remembered.login.get(Login::hosts), remembered.login.get(Login::service),
            remembered.login.all_directives(), cache, remembered.user_token.view())) {}
};

// libpq never starts such a connection again, and would leave it without a word.
bool was_refused(const Libpq& libpq, const PGconn* connection, const Remembered& remembered) {
  return remembered.login.get(Login::hosts).empty() && !remembered.sentence.empty() &&
         libpq.status(connection) == CONNECTION_BAD &&
         remembered.libpqs_words.view() == libpq.errorMessage(connection);
}

bool put_in(const Libpq& libpq, PGconn* connection, Remembered& remembered,
            const Obtained& obtained) {
  const MemoryWatch memory;
  const Credential& credential = obtained.credential;
  // The user of a connection that never had a credential is a stand-in.
  const bool wants_user = remembered.login.user_missing() && remembered.issued_ms == 0;
  if (wants_user && credential.user.empty()) return false;
  // And its schema may go by the user's name.
  Text options;
  if (wants_user) {
    Text schema;
    append_schema(schema, remembered.login.all_directives(), credential.user.view());
    options.assign(libpq.options(connection));
    if (!append_search_path(options, schema.view())) options.clear();
    if (memory.ran_out()) return false;
  }
  if (!swap_credential(libpq, connection, credential.token.c_str(),
                       wants_user ? credential.user.c_str() : nullptr,
                       options.empty() ? nullptr : options.c_str())) {
    log_line("the password of a living connection could not be renewed: unknown libpq build",
             remembered.login.get(Login::hosts));
    return false;
  }
  note_credential(remembered, credential.token.view(), credential, obtained.from_cache);
  return true;
}

// Is the token for something else than this host? Costs a call of the workspace's API, once a
// minute, and only after a refusal.
bool append_host_trouble(Text& out, const Libpq& libpq, const PGconn* connection,
                         const Remembered& remembered) {
  const char* host = libpq.host(connection);
  if (host == nullptr || remembered.handed_back) return false;
  const Asking asking(remembered);
  return asking.request.ok() && append_host_trouble(out, asking.cache, asking.request, host);
}

// The server's words stay, ours come behind.
void explain(const Libpq& libpq, const PGconn* connection, Remembered& remembered, bool rejected) {
  FailedLogin login;
  login.message = libpq.errorMessage(connection);
  if (ended_with(connection, "3D000")) login.state = "3D000";
  login.native = token_kind(libpq.pass(connection)) == TokenKind::other;
  const std::string_view remedy = login_remedy(login);
  if (remedy.empty() && !rejected) return;
  Text words(login.message);
  if (!ends_with(login.message, "\n")) words.append("\n");
  words.append("pglakebase: ");
  if (!login.native && may_be_for_another_host(login.message, rejected) &&
      append_host_trouble(words, libpq, connection, remembered)) {
    set_sentence(libpq, connection, remembered, words.view(), {});
    return;
  }
  words.append(remedy);
  if (remedy.empty()) {
    words.append("Lakebase refused the token; check that the role \"");
    words.append(libpq.user(connection));
    words.append(
        "\" exists in this database's project and belongs to the identity that signed in "
        "(pglakebase status)");
  }
  set_sentence(libpq, connection, remembered, words.view(), {});
}

// True if the connection now holds a fresh credential and is to be reset.
bool renew_after_refusal(const Libpq& libpq, PGconn* connection, bool blocking) {
  const CancellationKeeper keeper;
  Remembered* remembered = recall(connection);
  if (remembered == nullptr || libpq.status(connection) != CONNECTION_BAD ||
      !holds_our_password(libpq, connection, *remembered))
    return false;
  const bool rejected = was_rejected(libpq, connection);
  const bool hopeless = !rejected || !role_remedy(libpq.errorMessage(connection)).empty();
  if (!hopeless && remembered->from_cache && !remembered->retried && !remembered->handed_back) {
    const Asking asking(*remembered);
    remembered->retried = true;
    if (asking.request.ok() && may_replace(asking.cache, asking.request, remembered->issued_ms)) {
      ObtainOptions options;
      remembered->unconfirmed = true;
      options.issued_after_ms = remembered->issued_ms;
      options.deadline_ms =
          monotonic_ms() + (blocking ? remembered->patience_ms : k_polling_wait_ms);
      const Obtained obtained = obtain(asking.cache, asking.request, options);
      if (obtained.ok && put_in(libpq, connection, *remembered, obtained)) return true;
    }
  }
  explain(libpq, connection, *remembered, rejected);
  return false;
}

void note_success(PGconn* connection) {
  const CancellationKeeper keeper;
  Remembered* remembered = recall(connection);
  if (remembered == nullptr) return;
  if (remembered->unconfirmed) {
    const Asking asking(*remembered);
    if (asking.request.ok()) replacement_accepted(asking.cache, asking.request);
  }
  remembered->retried = false;
  remembered->unconfirmed = false;
  remembered->sentence.clear();
  have_roots_learned(remembered->login, remembered->roots);
}

bool wants_all_roots(const Libpq& libpq, PGconn* connection) {
  const CancellationKeeper keeper;
  Remembered* remembered = recall(connection);
  return remembered != nullptr && remembered->roots.learned &&
         holds_our_password(libpq, connection, *remembered) &&
         failed_for_learned_roots(libpq, connection, remembered->login, remembered->roots);
}

// For a polled login that failed: begins another one.
PostgresPollingStatusType begin_again(const Libpq& libpq, PGconn* connection) {
  // PQresetStart clears what the program set once.
  const int nonblocking = libpq.isnonblocking(connection);
  if (libpq.resetStart(connection) == 0) return PGRES_POLLING_FAILED;
  if (nonblocking != 0) libpq.setnonblocking(connection, nonblocking);
  return PGRES_POLLING_WRITING;
}

}  // namespace

bool holds_our_password(const Libpq& libpq, const PGconn* connection, const Remembered& ours) {
  const char* password = libpq.pass(connection);
  return password != nullptr && fingerprint(password) == ours.password;
}

void set_sentence(const Libpq& libpq, const PGconn* connection, Remembered& remembered,
                  std::string_view start, std::string_view rest) {
  remembered.sentence.assign(start);
  remembered.sentence.append(rest).append("\n");
  remembered.libpqs_words.assign(libpq.errorMessage(connection));
  if (!remembered.sentence.ok() || !remembered.libpqs_words.ok()) remembered.sentence.clear();
}

void note_credential(Remembered& remembered, std::string_view token, const CredentialTimes& times,
                     bool from_cache) {
  remembered.password = fingerprint(token);
  remembered.issued_ms = times.issued_ms;
  remembered.expires_ms = times.expires_ms;
  remembered.from_cache = from_cache;
  remembered.sentence.clear();
}

bool renew_before_reset(const Libpq& libpq, PGconn* connection, bool blocking) {
  const CancellationKeeper keeper;
  Remembered* remembered = recall(connection);
  if (remembered == nullptr) return true;
  if (was_refused(libpq, connection, *remembered)) return false;
  if (!holds_our_password(libpq, connection, *remembered)) return true;
  remembered->retried = false;
  Obtained obtained;
  if (remembered->handed_back) {
    obtained.failure.sentence.assign(k_handed_back);
  } else {
    const Asking asking(*remembered);
    if (!asking.request.ok()) return true;
    ObtainOptions options;
    options.need_user = remembered->login.user_missing() && remembered->issued_ms == 0;
    options.deadline_ms = monotonic_ms() + (blocking ? remembered->patience_ms : k_polling_wait_ms);
    obtained = obtain(asking.cache, asking.request, options);
  }
  if (obtained.ok) {
    if (obtained.credential.issued_ms != remembered->issued_ms) {
      put_in(libpq, connection, *remembered, obtained);
    } else {
      // Fetched for this connection's start, it is no longer beyond doubt.
      remembered->from_cache = obtained.from_cache;
    }
    return true;
  }
  if (remembered->expires_ms > wall_clock_ms() || libpq.status(connection) != CONNECTION_BAD)
    return true;
  set_sentence(libpq, connection, *remembered,
               "pglakebase: no token to connect again with: ", obtained.failure.sentence.view());
  return false;
}

void settle(const Libpq& libpq, PGconn* connection) {
  if (wants_all_roots(libpq, connection)) libpq.reset(connection);
  if (libpq.status(connection) != CONNECTION_OK && renew_after_refusal(libpq, connection, true)) {
    libpq.reset(connection);
    // Explains, if the fresh one was refused, too.
    if (libpq.status(connection) != CONNECTION_OK) renew_after_refusal(libpq, connection, true);
  }
  if (libpq.status(connection) == CONNECTION_OK) note_success(connection);
}

PostgresPollingStatusType settle_polled(const Libpq& libpq, PGconn* connection,
                                        PostgresPollingStatusType status) {
  if (wants_all_roots(libpq, connection)) return begin_again(libpq, connection);
  if (status == PGRES_POLLING_OK) note_success(connection);
  if (status != PGRES_POLLING_FAILED) return status;
  return renew_after_refusal(libpq, connection, false) ? begin_again(libpq, connection) : status;
}

}  // namespace pglakebase
