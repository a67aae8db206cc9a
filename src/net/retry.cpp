#include "pglakebase/net/retry.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <string>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_first_pause_ms = 200;
constexpr int k_attempts = 6;
constexpr int k_attempts_unreachable = 2;
// An attempt that has less time than this would only end in a timeout.
constexpr std::int64_t k_worth_trying_ms = 250;
// 9999-12-31T23:59:59Z. libcurl reads years of nine digits, which are no milliseconds of ours.
constexpr std::int64_t k_last_date_s = 253'402'300'799;

// Between half and the whole of 200 ms, 400 ms, 800 ms …, so that many processes spread out.
std::int64_t pause_ms(const Attempt& attempt) {
  const std::int64_t whole = k_first_pause_ms << std::min(attempt.number - 1, 10);
  const std::int64_t jittered = whole / 2 + whole / 2 * attempt.random_permille / 1000;
  if (attempt.asked_for_ms < 0) return jittered;
  // What was asked for is the least; the spread comes on top.
  return attempt.asked_for_ms + k_first_pause_ms * attempt.random_permille / 1000;
}

std::int64_t delay(const Attempt& attempt, int attempts) {
  if (attempt.number >= attempts) return -1;
  const std::int64_t pause = pause_ms(attempt);
  return pause + k_worth_trying_ms <= attempt.left_ms ? pause : -1;
}

}  // namespace

bool heals(int status) {
  return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

std::int64_t http_date_s(std::string_view text) {
  const std::int64_t moment = ::curl_getdate(std::string(text).c_str(), nullptr);
  return moment >= 0 && moment <= k_last_date_s ? moment : -1;
}

std::int64_t retry_after_ms(std::string_view header, std::int64_t now_ms) {
  header = trim(header);
  std::int64_t seconds = 0;
  if (parse_number(header, seconds)) {
    if (seconds < 0) return -1;
    return std::min(seconds, k_longest_retry_after_ms / 1000) * 1000;
  }
  const std::int64_t moment_s = http_date_s(header);
  if (moment_s < 0) return -1;
  return std::clamp<std::int64_t>(moment_s * 1000 - now_ms, 0, k_longest_retry_after_ms);
}

std::int64_t retry_after_ms(const HttpResponse& response, std::int64_t now_ms) {
  return retry_after_ms(response.retry_after,
                        response.date_s > 0 ? response.date_s * 1000 : now_ms);
}

std::int64_t delay_after_status(int status, const Attempt& attempt) {
  return heals(status) ? delay(attempt, k_attempts) : -1;
}

std::int64_t delay_after_error(HttpError::Kind kind, const Attempt& attempt) {
  switch (kind) {
    case HttpError::Kind::reset:
    case HttpError::Kind::timed_out:
      return delay(attempt, k_attempts);
    case HttpError::Kind::unreachable:
      return delay(attempt, k_attempts_unreachable);
    case HttpError::Kind::untrusted:
    case HttpError::Kind::bad_answer:
    case HttpError::Kind::setup:
    case HttpError::Kind::held_back:
      break;
  }
  return -1;
}

}  // namespace pglakebase
