#pragma once

#include "pglakebase/auth/target.hpp"
#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/net/clock.hpp"

namespace pglakebase {

/// Finds the endpoint or the instance that a host belongs to, by the workspace's API, and remembers
/// it for a day.
class Discovery {
 public:
  Discovery(WorkspaceApi& api, const Cache& cache, Clock& clock)
      : api_(api), cache_(cache), clock_(clock) {}

  /// `host` is of Target::Kind::host. Throws AuthError, in clear words where nothing is found.
  Target find(const Target& host);
  /// True if what find() gave came from memory, which is now dropped: find() looks again.
  bool forget(const Target& host);

 private:
  Target find_instance(const std::string& host);
  Target find_endpoint(const std::string& host);
  bool remembered(const Target& host, Target& found) const;
  void remember(const Target& host, const Target& found) const;
  EntryName name(const Target& host) const;

  WorkspaceApi& api_;
  const Cache& cache_;
  Clock& clock_;
  bool from_memory_ = false;
};

}  // namespace pglakebase
