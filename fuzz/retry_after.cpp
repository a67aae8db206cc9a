// Retry-After: now, time left, then the header.
#include "pglakebase/net/retry.hpp"

#include "fuzz.hpp"

namespace pglakebase::fuzz {

void run(std::string_view input) {
  HttpResponse response;
  const std::int64_t now_ms = take_number(input);
  response.date_s = take_number(input) % 253'402'300'800;
  Attempt attempt;
  attempt.left_ms = take_number(input) % 1'000'000;
  // A header is a line, and a C string for libcurl.
  const std::string header = c_string(take_line(input));
  const std::int64_t asked_ms = retry_after_ms(header, now_ms % 100'000'000'000'000);
  FUZZ_CHECK(asked_ms >= -1 && asked_ms <= k_longest_retry_after_ms);
  response.retry_after = header;
  const std::int64_t moment_s = http_date_s(header);
  FUZZ_CHECK(moment_s >= -1 && moment_s < 253'402'300'800);
  const std::int64_t by_their_clock = retry_after_ms(response, now_ms % 100'000'000'000'000);
  FUZZ_CHECK(by_their_clock >= -1 && by_their_clock <= k_longest_retry_after_ms);
  attempt.asked_for_ms = asked_ms;
  for (const int status : {200, 429, 500, 501, 503}) {
    const std::int64_t pause_ms = delay_after_status(status, attempt);
    FUZZ_CHECK(pause_ms == -1 || (heals(status) && pause_ms >= asked_ms));
    FUZZ_CHECK(pause_ms <= attempt.left_ms || pause_ms == -1);
  }
}

}  // namespace pglakebase::fuzz
