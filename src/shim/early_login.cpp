#include "early_login.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "credential_swap.hpp"
#include "pglakebase/core/clock.hpp"

namespace pglakebase {
namespace {

// An attempt that has not come to TLS so long after the credential is there is made again where
// libpq watches a connect_timeout, which then tries the next address.
constexpr std::int64_t k_grace_ms = 1'000;
// As in libpq.
constexpr std::int64_t k_shortest_timeout_s = 2;
constexpr std::int64_t k_longest_poll_ms = 60'000;

}  // namespace

void EarlyLogin::begin(const Arguments& arguments, bool expand_dbname) {
  connection_ =
      libpq_.connectStartParams(arguments.keywords(), arguments.values(), expand_dbname ? 1 : 0);
  if (connection_ != nullptr && libpq_.status(connection_) == CONNECTION_BAD) give_up();
}

bool EarlyLogin::step(std::int64_t wait_ms) {
  if (connection_ == nullptr || has_tls()) return false;
  poll(wait_ms);
  if (!is_under_way()) give_up();
  return connection_ != nullptr && !has_tls();
}

PGconn* EarlyLogin::log_in(const Secrets& secrets, bool blocking, std::int64_t timeout_s) {
  if (connection_ == nullptr ||
      !swap_credential(libpq_, connection_, secrets.password, secrets.user, secrets.options)) {
    give_up();
    return nullptr;
  }
  const std::int64_t begun_ms = monotonic_ms();
  bool secured = has_tls();
  while (blocking && is_under_way()) {
    std::int64_t left = k_longest_poll_ms;
    if (timeout_s > 0)
      left = begun_ms - monotonic_ms() +
             (secured ? std::max(timeout_s, k_shortest_timeout_s) * 1000 : k_grace_ms);
    if (left <= 0) {
      give_up();
      return nullptr;
    }
    poll(left);
    secured = secured || has_tls();
  }
  PGconn* connection = connection_;
  connection_ = nullptr;
  return connection;
}

// Before that libpq is in this state too, when it is about to ask for TLS.
bool EarlyLogin::has_tls() const {
  return libpq_.status(connection_) == CONNECTION_MADE && libpq_.sslInUse(connection_) != 0;
}

bool EarlyLogin::is_under_way() const {
  return wants_ == PGRES_POLLING_READING || wants_ == PGRES_POLLING_WRITING;
}

void EarlyLogin::poll(std::int64_t wait_ms) {
  pollfd waited{};
  waited.fd = libpq_.socket(connection_);
  waited.events = wants_ == PGRES_POLLING_READING ? POLLIN : POLLOUT;
  const int ready = ::poll(&waited, 1, static_cast<int>(std::min(wait_ms, k_longest_poll_ms)));
  if (ready > 0)
    wants_ = libpq_.connectPoll(connection_);
  else if (waited.fd < 0 || (ready < 0 && errno != EINTR))
    wants_ = PGRES_POLLING_FAILED;
}

void EarlyLogin::give_up() {
  if (connection_ != nullptr) libpq_.finish(connection_);
  connection_ = nullptr;
}

}  // namespace pglakebase
