#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/credential.hpp"

namespace pglakebase {

/// All that the cache knows about one request.
struct CacheEntry {
  EntryName request;
  std::vector<std::string> hosts;  ///< empty if the request was never resolved
  std::string identity;            ///< 64 hexadecimal digits, or empty
  bool has_credential = false;
  Credential credential;
  bool has_failure = false;
  Failure failure;
  std::string wrong_host;  ///< what a look after a refused login has found (core/host_check.hpp)
  std::int64_t wrong_host_ms = 0;
  std::int64_t fetching_pid = 0;  ///< who started the fetch that is under way; 0 if none is
  std::int64_t fetching_since_ms = 0;

  bool names_host(std::string_view host) const;
};

/// Ordered by host, then by request.
std::vector<CacheEntry> cache_entries(const Cache& cache);

}  // namespace pglakebase
