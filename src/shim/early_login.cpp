#include "early_login.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "credential_swap.hpp"
#include "pglakebase/core/clock.hpp"

namespace pglakebase {
namespace {

// Servers end connections on which nobody says who he is: Neon's proxy after 15 s, PostgreSQL after
// 60.
constexpr std::int64_t k_longest_idle_ms = 10'000;
// A name that could not be looked up is not looked up again where that took long, and just now.
constexpr std::int64_t k_long_ms = 1'000;
// libpq's own shortest connect_timeout, before 18.
constexpr std::int64_t k_shortest_timeout_s = 2;
constexpr std::int64_t k_longest_poll_ms = 60'000;

}  // namespace

void EarlyLogin::begin(const Arguments& arguments, bool expand_dbname) {
  begun_ms_ = monotonic_ms();
  connection_ =
      libpq_.connectStartParams(arguments.keywords(), arguments.values(), expand_dbname ? 1 : 0);
  looked_up_ms_ = monotonic_ms();
  if (connection_ == nullptr || libpq_.status(connection_) == CONNECTION_BAD)
    wants_ = PGRES_POLLING_FAILED;
}

bool EarlyLogin::advance(std::int64_t wait_ms) {
  if (!is_under_way() || has_tls()) return false;
  poll(wait_ms);
  if (!has_tls()) return is_under_way();
  secured_ms_ = monotonic_ms();
  return false;
}

bool EarlyLogin::take(const Secrets& secrets) {
  if (connection_ != nullptr && is_usable() &&
      swap_credential(libpq_, connection_, secrets.password, secrets.user, secrets.options))
    return true;
  give_up();
  return false;
}

bool EarlyLogin::finish(std::int64_t timeout_s) {
  const std::int64_t patience_ms = std::max(timeout_s, k_shortest_timeout_s) * 1000;
  const std::int64_t taken_ms = monotonic_ms();
  bool secured = secured_ms_ != 0;
  while (is_under_way()) {
    std::int64_t left = k_longest_poll_ms;
    if (timeout_s > 0) left = (secured ? taken_ms : begun_ms_) + patience_ms - monotonic_ms();
    out_of_time_ = left <= 0;
    if (out_of_time_) break;
    poll(left);
    secured = secured || has_tls();
  }
  // Neither: the time is up, or it could not be waited for.
  const ConnStatusType status = libpq_.status(connection_);
  return status == CONNECTION_OK || status == CONNECTION_BAD;
}

PGconn* EarlyLogin::release() {
  PGconn* connection = connection_;
  connection_ = nullptr;
  return connection;
}

void EarlyLogin::give_up() {
  if (connection_ != nullptr) libpq_.finish(connection_);
  connection_ = nullptr;
}

// CONNECTION_MADE also comes before TLS is asked for.
bool EarlyLogin::has_tls() const {
  return libpq_.status(connection_) == CONNECTION_MADE && libpq_.sslInUse(connection_) != 0;
}

bool EarlyLogin::is_under_way() const {
  return connection_ != nullptr &&
         (wants_ == PGRES_POLLING_READING || wants_ == PGRES_POLLING_WRITING);
}

bool EarlyLogin::is_usable() const {
  const std::int64_t now_ms = monotonic_ms();
  if (!is_under_way())
    return looked_up_ms_ - begun_ms_ >= k_long_ms && now_ms - looked_up_ms_ < k_long_ms;
  if (secured_ms_ != 0 && now_ms - secured_ms_ > k_longest_idle_ms) return false;
  pollfd peer{};
  peer.fd = libpq_.socket(connection_);
  peer.events = POLLRDHUP;
  return ::poll(&peer, 1, 0) == 0;
}

void EarlyLogin::poll(std::int64_t wait_ms) {
  pollfd server{};
  server.fd = libpq_.socket(connection_);
  server.events = wants_ == PGRES_POLLING_READING ? POLLIN : POLLOUT;
  const int ready = ::poll(&server, 1, static_cast<int>(std::min(wait_ms, k_longest_poll_ms)));
  if (ready > 0)
    wants_ = libpq_.connectPoll(connection_);
  else if (server.fd < 0 || (ready < 0 && errno != EINTR))
    wants_ = PGRES_POLLING_FAILED;
}

}  // namespace pglakebase
