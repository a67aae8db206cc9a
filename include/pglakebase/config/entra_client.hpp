#pragma once

#include "pglakebase/config/settings.hpp"

namespace pglakebase {

/// Are client_id and client_secret those of Entra, not of Databricks? So it is in applications that
/// are set up by KEY_VAULT_NAME, or by USE_LAKEBASE=true with AZURE_TENANT_ID: they sign in to
/// Entra with DATABRICKS_CLIENT_ID and a secret from the key vault, or from
/// DATABRICKS_CLIENT_SECRET. A client that somebody names more strongly than those variables (a
/// directive, or the profile that a directive chose) is what the SDKs take it for.
bool client_is_entras(const Settings& settings);

/// Such an application ignores DATABRICKS_TOKEN while KEY_VAULT_NAME is set.
bool token_is_ignored(const Setting& token, const Setting* key_vault);

/// What such an application still needs, all of it, as in "DATABRICKS_CLIENT_ID,
/// DATABRICKS_WORKSPACE_URL"; empty where there is none, or where nothing is missing.
std::string entra_client_lacks(const Settings& settings);

}  // namespace pglakebase
