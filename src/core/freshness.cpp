#include "pglakebase/core/freshness.hpp"

#include <algorithm>

namespace pglakebase {
namespace {

constexpr std::int64_t k_minute = 60'000;
// Clocks of the two processes that wrote and read a record are one clock; only a step can put the
// issue into the future.
constexpr std::int64_t k_step_tolerated = 5 * k_minute;

}  // namespace

std::int64_t Lifetime::reckoned_ms(std::int64_t wall_ms) const {
  std::int64_t aged_ms = 0;
  // A broken record may say anything.
  if (__builtin_add_overflow(issued_ms, age_ms, &aged_ms)) aged_ms = expires_ms;
  return std::max(wall_ms, aged_ms);
}

std::int64_t ageing_starts_ms(const Lifetime& life, unsigned jitter_permille) {
  const std::int64_t length = std::max<std::int64_t>(life.expires_ms - life.issued_ms, 0);
  std::int64_t lead = life.refresh_before_ms > 0 ? std::min(life.refresh_before_ms, length)
                                                 : std::min(length / 2, 20 * k_minute);
  lead += lead / 10'000 * std::min(jitter_permille, 1000U);
  return life.expires_ms - lead;
}

std::int64_t last_minute_starts_ms(const Lifetime& life) {
  const std::int64_t length = std::max<std::int64_t>(life.expires_ms - life.issued_ms, 0);
  return life.expires_ms - std::min(k_minute, length / 10);
}

Freshness freshness(const Lifetime& life, std::int64_t now_ms, unsigned jitter_permille) {
  const bool has_life = life.issued_ms < life.expires_ms;
  if (!has_life || now_ms + k_step_tolerated < life.issued_ms) return Freshness::expired;
  now_ms = life.reckoned_ms(now_ms);
  if (now_ms >= life.expires_ms) return Freshness::expired;
  if (now_ms >= last_minute_starts_ms(life)) return Freshness::last_minute;
  if (now_ms >= ageing_starts_ms(life, jitter_permille)) return Freshness::ageing;
  return Freshness::fresh;
}

bool issued_later(std::int64_t issued_ms, std::int64_t other_ms, std::int64_t now_ms) {
  return issued_ms > other_ms || (issued_ms <= now_ms && now_ms < other_ms);
}

}  // namespace pglakebase
