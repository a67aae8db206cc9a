#include "waking.hpp"

#include <algorithm>

#include "asleep.hpp"
#include "cancellation_keeper.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/log.hpp"
#include "pglakebase/core/view.hpp"
#include "rejection.hpp"
#include "renewal.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_default_s = 60;
constexpr std::int64_t k_longest_s = 3600;
constexpr std::int64_t k_first_pause_ms = 100;
constexpr std::int64_t k_longest_pause_ms = 5'000;

// Null where there is nothing to wait for.
Remembered* asleep(const Libpq& libpq, const PGconn* connection) {
  Remembered* remembered = recall(connection);
  if (remembered == nullptr || remembered->wake_ms == 0 || remembered->issued_ms == 0 ||
      libpq.status(connection) != CONNECTION_BAD ||
      !holds_our_password(libpq, connection, *remembered))
    return nullptr;
  const char* message = libpq.errorMessage(connection);
  const bool is =
      message != nullptr && seems_asleep(message, libpq.libVersion(), was_unavailable(connection));
  return is ? remembered : nullptr;
}

// Half of it to all of it, so that many who wait for one endpoint do not all come at once.
std::int64_t jittered(std::int64_t pause_ms, const PGconn* connection) {
  const auto seed = static_cast<std::uint64_t>(monotonic_ms()) ^
                    reinterpret_cast<std::uintptr_t>(connection) >> 4;
  return pause_ms / 2 +
         static_cast<std::int64_t>(seed * 0x9e3779b97f4a7c15U >> 33) % (pause_ms / 2);
}

void rest(std::int64_t milliseconds) {
  const std::int64_t end = monotonic_ms() + milliseconds;
  for (std::int64_t left = milliseconds; left > 0; left = end - monotonic_ms()) sleep_ms(left);
}

void explain(const Libpq& libpq, const PGconn* connection, Remembered& remembered) {
  Text words(libpq.errorMessage(connection));
  words.append("pglakebase: the endpoint did not wake up within ");
  words.append_number(remembered.wake_ms / 1000);
  words.append(" s; try again, or wait longer (wake_timeout, connect_timeout)");
  set_sentence(libpq, connection, remembered, words.view(), {});
}

}  // namespace

std::int64_t wake_patience_ms(DirectiveView directives, std::int64_t connect_timeout_s) {
  const char* variable = environment("PGLAKEBASE_WAKE_TIMEOUT");
  std::int64_t given_s = -1;
  if (!parse_number(directives.get("wake_timeout"), given_s) && variable != nullptr)
    parse_number(variable, given_s);
  std::int64_t seconds = given_s >= 0 ? given_s : std::max(connect_timeout_s, k_default_s);
  if (connect_timeout_s > 0) seconds = std::min(seconds, connect_timeout_s);
  return std::min(seconds, k_longest_s) * 1000;
}

void settle_awake(const Libpq& libpq, PGconn* connection, std::int64_t begun_ms) {
  settle(libpq, connection);
  for (std::int64_t pause = 0;;
       pause = std::clamp(pause * 2, k_first_pause_ms, k_longest_pause_ms)) {
    Remembered* remembered = asleep(libpq, connection);
    if (remembered == nullptr) return;
    const std::int64_t left = begun_ms + remembered->wake_ms - monotonic_ms();
    if (left <= 0) {
      explain(libpq, connection, *remembered);
      return;
    }
    if (pause == 0) {
      const CancellationKeeper keeper;
      log_line("the endpoint seems asleep: waiting for it to wake up",
               remembered->login.get(Login::hosts));
      pause = k_first_pause_ms;
    }
    rest(std::min(jittered(pause, connection), left));
    if (!renew_before_reset(libpq, connection, true)) return;
    libpq.reset(connection);
    settle(libpq, connection);
  }
}

}  // namespace pglakebase
