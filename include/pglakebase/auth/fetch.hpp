#pragma once

#include <cstdint>

#include "pglakebase/auth/credential_source.hpp"
#include "pglakebase/config/request_document.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What a run of the helper works with.
struct FetchContext {
  const RequestDocument& request;
  const Cache& cache;  ///< may be invalid: then the answer stands in the reply alone
  HttpClient& http;
  Clock& clock;
  std::int64_t started_ms;   ///< wall clock: a credential issued later is as new as ours would be
  std::int64_t deadline_ms;  ///< monotonic: nothing waits longer
};

/// Serves one request: settings → who we are → the cache under that identity's lock, or else a
/// workspace token and a database credential. Stores what was found, the failure too, and appends
/// the record to `reply`. True with a credential. Does not throw.
bool fetch(const FetchContext& context, Text& reply);

}  // namespace pglakebase
