#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pglakebase/auth/target.hpp"
#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/net/clock.hpp"

namespace pglakebase {

/// Finds the endpoint or the instance that a host belongs to, by the workspace's API, and remembers
/// it for a day.
class Discovery {
 public:
  /// `most_calls`: where there is more to look through, the search ends with an AuthError.
  Discovery(WorkspaceApi& api, const Cache& cache, Clock& clock, int most_calls = 100'000)
      : api_(api), cache_(cache), clock_(clock), calls_left_(most_calls) {}

  /// `host` is of Target::Kind::host. Throws AuthError, in clear words where nothing is found.
  Target find(const Target& host);
  /// The same; nothing where nothing is found. `near` is looked at first: an endpoint's path, of
  /// whose project it may be.
  std::optional<Target> look(const Target& host, std::string_view near = {});
  /// True if what find() gave came from memory, which is now dropped: find() looks again.
  bool forget(const Target& host);

 private:
  std::optional<Target> find_instance(const std::string& host);
  std::optional<Target> find_endpoint(const std::string& host, std::string_view near);
  nlohmann::json list_page(const std::string& path, const char* list);
  bool any_of_list(const std::string& path, const char* list,
                   const std::function<bool(const nlohmann::json&)>& visit);
  std::optional<Target> remembered(const Target& host) const;
  void remember(const Target& host, const Target& found) const;
  EntryName name(const Target& host) const;

  WorkspaceApi& api_;
  const Cache& cache_;
  Clock& clock_;
  int calls_left_;
  bool from_memory_ = false;
};

}  // namespace pglakebase
