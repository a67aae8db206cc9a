#include "pglakebase/config/entra_client.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

bool is_variable(const Setting& setting) {
  return setting.level == Level::variable || setting.level == Level::own_variable;
}

// The setting that makes it an application of that kind; null if it is none.
const Setting* sign(const Settings& settings) {
  if (const Setting* vault = settings.find("key_vault")) return vault;
  const Setting* tenant = settings.find("azure_tenant_id");
  return settings.get("use_lakebase") == "true" && tenant != nullptr &&
                 tenant->name == "AZURE_TENANT_ID"
             ? tenant
             : nullptr;
}

}  // namespace

bool client_is_entras(const Settings& settings) {
  const Setting* found = sign(settings);
  if (found == nullptr) return false;
  const Setting* id = settings.find("client_id");
  return id == nullptr || is_variable(*id) || id->level == found->level;
}

bool token_is_ignored(const Setting& token, const Setting* key_vault) {
  return key_vault != nullptr && token.name == "DATABRICKS_TOKEN";
}

std::string entra_client_lacks(const Settings& settings) {
  const Setting* found = sign(settings);
  if (found == nullptr || found->name == "AZURE_TENANT_ID") return {};
  std::string missing;
  const auto need = [&](const char* input, const char* variable) {
    if (settings.find(input) == nullptr)
      missing.append(missing.empty() ? "" : ", ").append(variable);
  };
  need("workspace", "DATABRICKS_WORKSPACE_URL");
  if (!equals_ignoring_case(settings.get("use_managed_identity"), "true"))
    need("client_id", "DATABRICKS_CLIENT_ID");
  return missing;
}

}  // namespace pglakebase
