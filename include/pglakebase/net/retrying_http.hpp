#pragma once

#include "pglakebase/net/clock.hpp"
#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// Sends through another client, tries again what can heal (retry.hpp), and lets nothing outlive
/// the deadline. Keeps references to `client` and `clock`.
class RetryingHttp final : public HttpClient {
 public:
  /// `deadline_ms` is by Clock::monotonic_ms().
  RetryingHttp(HttpClient& client, Clock& clock, std::int64_t deadline_ms)
      : client_(client), clock_(clock), deadline_ms_(deadline_ms) {}

  HttpResponse send(const HttpRequest& request) override;

 private:
  HttpClient& client_;
  Clock& clock_;
  std::int64_t deadline_ms_;
};

}  // namespace pglakebase
