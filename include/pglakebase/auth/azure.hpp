#pragma once

#include <string>
#include <string_view>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// The application id of Azure Databricks, the same in every cloud (databricks-sdk-go,
/// common/environment).
inline constexpr std::string_view k_azure_databricks = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/// One of Microsoft's clouds; all addresses are known, not asked for.
struct AzureCloud {
  std::string_view name;              ///< as ARM_ENVIRONMENT has it
  std::string_view workspace_zone;    ///< of workspaces in it
  std::string_view authority;         ///< https://… of Entra, without a slash at its end
  std::string_view management;        ///< the resource that a management token is for
  std::string_view resource_manager;  ///< https://… of Azure's management, without a slash
  std::string_view key_vault_zone;    ///< of key vaults
};

/// The cloud that the workspace's address is in; where that tells nothing, the one that
/// azure_environment names, or else the public one. Throws ConfigError for a name that is none.
const AzureCloud& azure_cloud(const Settings& settings);

/// Is the workspace one of Azure Databricks: by azure_workspace_resource_id, cloud, its address?
bool is_azure(const Settings& settings);

/// What a source of Azure's lacks where the workspace is none of Azure's.
std::string not_azure(const Settings& settings);

/// Entra's address: azure_authority_host, or else the cloud's. Throws ConfigError where it is no
/// https address, or where a secret from another place would be sent to an address that is not
/// Microsoft's. `secret` may be null.
std::string azure_authority(const Settings& settings, const Setting* secret);

/// The tenant that is set, or else the one that the workspace sends people to when they log in
/// (GET /aad/auth). Throws AuthError, ConfigError.
std::string azure_tenant(const SourceContext& context);

}  // namespace pglakebase
