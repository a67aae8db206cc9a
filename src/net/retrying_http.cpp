#include "pglakebase/net/retrying_http.hpp"

#include <algorithm>

#include "pglakebase/net/retry.hpp"

namespace pglakebase {
HttpResponse RetryingHttp::send(const HttpRequest& request) {
  for (Attempt attempt;; ++attempt.number) {
    HttpRequest bounded = request;
    const std::int64_t left = deadline_ms_ - clock_.monotonic_ms();
    if (left <= 0)
      throw HttpError(HttpError::Kind::timed_out, std::string("no time was left to ask ") +
                                                      std::string(origin_of(request.url)));
    bounded.timeout_ms = std::min(request.timeout_ms, left);
    attempt.random_permille = clock_.random_permille();
    std::int64_t delay = -1;
    try {
      HttpResponse response = client_.send(bounded);
      attempt.left_ms = deadline_ms_ - clock_.monotonic_ms();
      attempt.asked_for_ms = retry_after_ms(response, clock_.wall_ms());
      delay = delay_after_status(response.status, attempt);
      if (delay < 0 || !response.retry) return response;
    } catch (const HttpError& error) {
      attempt.left_ms = deadline_ms_ - clock_.monotonic_ms();
      attempt.asked_for_ms = -1;
      delay = delay_after_error(error.kind(), attempt);
      if (delay < 0 || error.hold_ms() > 0) throw;
    }
    clock_.sleep_ms(delay);
  }
}

}  // namespace pglakebase
