#pragma once

#include <cstdint>

namespace pglakebase {

/// What a credential's age allows.
enum class Freshness {
  fresh,        ///< use it
  ageing,       ///< use it, and have one helper fetch the next in the background
  last_minute,  ///< wait for a new one; use it only if none can be had
  expired       ///< never use it
};

/// Times in milliseconds since 1970. `refresh_before_ms` 0 means the rule: half the life, 20
/// minutes at most (the Databricks SDKs' rule). `jitter_permille` (0 to 1000) brings the start of
/// ageing forward by up to a tenth of that lead, so that machines do not all ask at once.
struct Lifetime {
  std::int64_t issued_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t refresh_before_ms = 0;
  std::int64_t age_ms = 0;  ///< it is at least so old, by a clock that nobody sets

  /// `wall_ms`, or what the wall clock would show if it had not been set back since the issue.
  std::int64_t reckoned_ms(std::int64_t wall_ms) const;
};

/// When ageing starts, in milliseconds since 1970.
std::int64_t ageing_starts_ms(const Lifetime& life, unsigned jitter_permille);

/// When only a wait or an emergency remains: 60 s before the end, or a tenth of a short life.
std::int64_t last_minute_starts_ms(const Lifetime& life);

/// A clock that shows a time well before the issue was set back, and then no time in the record
/// can be trusted: expired. So is what ends before it is issued. `now_ms` is the wall clock.
Freshness freshness(const Lifetime& life, std::int64_t now_ms, unsigned jitter_permille);

/// Was the one issued after the other? What the clock has not reached yet was issued before it was
/// set back, so that all that it can have dated since came later.
bool issued_later(std::int64_t issued_ms, std::int64_t other_ms, std::int64_t now_ms);

}  // namespace pglakebase
