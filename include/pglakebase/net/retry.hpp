#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// The longest time that a server's Retry-After is believed for.
inline constexpr std::int64_t k_longest_retry_after_ms = 300'000;

/// An HTTP date in seconds since 1970; -1 if it is none, or lies behind the year 9999.
std::int64_t http_date_s(std::string_view text);

/// Reads a Retry-After header (RFC 9110: seconds or an HTTP date), as milliseconds from `now_ms`
/// (wall clock), k_longest_retry_after_ms at most. -1 if there is none that can be read.
std::int64_t retry_after_ms(std::string_view header, std::int64_t now_ms);
/// The same of a response: dates in it are by the server's own clock, which its Date header tells.
std::int64_t retry_after_ms(const HttpResponse& response, std::int64_t now_ms);

/// Is it a status of trouble that passes: too many calls, or a server that cannot answer now?
bool heals(int status);

/// How one attempt went wrong, and what is left.
struct Attempt {
  int number = 1;                  ///< 1 is the first
  std::int64_t left_ms = 0;        ///< until the deadline
  std::int64_t asked_for_ms = -1;  ///< the server's Retry-After, or -1
  unsigned random_permille = 0;
};

/// How long to wait before the next attempt, in milliseconds; -1 to stop. What can heal is tried
/// again with growing, jittered pauses: 429, 500, 502, 503, 504, broken connections, timeouts; what
/// could not be reached at all, once. Stops at once where the server asks for more time than is
/// left.
std::int64_t delay_after_status(int status, const Attempt& attempt);
std::int64_t delay_after_error(HttpError::Kind kind, const Attempt& attempt);

}  // namespace pglakebase
