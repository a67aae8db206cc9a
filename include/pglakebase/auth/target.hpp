#pragma once

#include <string>

#include "pglakebase/config/request_document.hpp"
#include "pglakebase/config/settings.hpp"

namespace pglakebase {

/// The database that a credential is for.
struct Target {
  enum class Kind {
    endpoint,  ///< Autoscaling: projects/…/branches/…/endpoints/…
    instance,  ///< Provisioned, by name
    host       ///< known by its host alone: to be looked up
  };
  Kind kind = Kind::host;
  std::string name;    ///< the endpoint's path, the instance's name, or the host (never a pooler's)
  std::string origin;  ///< who said so

  /// `endpoint:projects/…`, for names in the cache.
  std::string text() const;
};

/// Directives outrank the environment; where both an endpoint and an instance are left, the host
/// decides which product it is. An endpoint in the environment is not taken for a Provisioned host.
/// Throws ConfigError.
Target choose_target(const Settings& settings, const RequestDocument& request);

}  // namespace pglakebase
