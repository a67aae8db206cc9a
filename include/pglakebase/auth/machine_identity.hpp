#pragma once

#include <string_view>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// A token of the identity that this machine or login has by itself, for another service than the
/// workspace: azidentity's DefaultAzureCredential. In this order: a secret or certificate in
/// AZURE_*, an AKS workload identity, a managed identity, the login of az. The first that is
/// configured counts. AZURE_TOKEN_CREDENTIALS takes some of them: `prod` all but az, `dev` az
/// alone, or one by azidentity's name for it. Throws AuthError with what each lacked.
WorkspaceToken machine_identity_token(const SourceContext& context, std::string_view resource);

}  // namespace pglakebase
