#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// The ways to an Entra token that serve the workspace and key vaults alike. Each says what it
/// lacks, or gives a token for `resource`; all throw AuthError and ConfigError. What none of them
/// has are secrets that stand in a key vault: those need one of these first.

using AzureToken = std::variant<NotConfigured, WorkspaceToken>;

/// azure_client_id and azure_client_secret.
std::string azure_client_secret_lacks(const Settings& settings);
AzureToken azure_client_secret_token(const SourceContext& context, std::string_view resource);

/// azure_client_id and azure_client_certificate_path: a PEM file with certificate and key, or a
/// PKCS#12 file, opened with azure_client_certificate_password.
std::string azure_certificate_lacks(const Settings& settings);
AzureToken azure_certificate_token(const SourceContext& context, std::string_view resource);

/// AKS: azure_client_id, azure_tenant_id and azure_federated_token_file, which the cluster sets and
/// whose file it renews.
std::string azure_workload_identity_lacks(const Settings& settings);
AzureToken azure_workload_identity_token(const SourceContext& context, std::string_view resource);

/// The login of the Azure CLI.
AzureToken azure_cli_token(const SourceContext& context, std::string_view resource);

}  // namespace pglakebase
