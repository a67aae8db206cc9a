#pragma once

#include <string_view>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// A secret of Databricks Secrets: GET /api/2.0/secrets/get. Signs in to the workspace by the first
/// source that is configured without any secret of that kind, whatever auth_type says. Throws
/// AuthError, ConfigError.
Secret databricks_secret(const SourceContext& context, std::string_view scope,
                         std::string_view key);

}  // namespace pglakebase
