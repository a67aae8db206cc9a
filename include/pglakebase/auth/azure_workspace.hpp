#pragma once

#include <string>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// The address of the workspace that azure_workspace_resource_id names, as Azure's management tells
/// it to whoever may read the workspace; remembered for a day. Asked by the first of Azure's
/// sources that is configured, or by the one that auth_type names. Throws AuthError, ConfigError.
std::string find_azure_workspace(const SourceContext& context);

/// Gives `settings`, which are those of the context, the workspace that the resource id stands for
/// where no address is given. Throws ConfigError where neither is, and as above.
void settle_workspace(Settings& settings, const SourceContext& context);

}  // namespace pglakebase
