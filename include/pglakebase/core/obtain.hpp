#pragma once

#include <cstdint>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/helper_process.hpp"
#include "pglakebase/core/request.hpp"

namespace pglakebase {

struct ObtainOptions {
  /// When a wait must end (monotonic_ms()). Nothing is waited for where the cache will do.
  std::int64_t deadline_ms = 0;
  std::int64_t min_life_ms = 0;  ///< a credential that ends sooner counts as expired
  /// Only a credential issued after this will do (milliseconds since 1970).
  std::int64_t issued_after_ms = 0;
  bool despite_failure = false;  ///< ask again although a failure says to wait
  bool need_user = false;        ///< a credential without `user` does not do
  Meanwhile meanwhile;           ///< for whoever has to start the helper and wait for it
};

struct Obtained {
  bool ok = false;
  bool from_cache = false;
  Credential credential;  ///< when ok
  Text files;       ///< when from the cache: stamps of the files that the identity was read from
  Failure failure;  ///< when not
};

/// Gets a credential for the request: from the cache, else from a helper (at most one is started;
/// while another process's is under way, its result is waited for). Ageing credentials are used and
/// renewed in the background. Thread-safe; no state is kept.
Obtained obtain(const Cache& cache, const Request& request, const ObtainOptions& options);

/// Is it good for a connection without a thought of a newer one?
bool is_fresh(const CredentialTimes& credential, std::int64_t refresh_before_ms);

/// When the credential in the cache was issued, good or not; 0 if there is none for the request.
std::int64_t cached_issue_ms(const Cache& cache, const Request& request);

}  // namespace pglakebase
