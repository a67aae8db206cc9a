#include "pglakebase/config/attributes.hpp"

#include <string>

#include "pglakebase/core/inputs.hpp"

namespace pglakebase {
namespace {

struct Attribute {
  std::string_view input;
  AuthFamily family;
};

// What may stand in a profile. The order is that of databricks-sdk-go's Config.
constexpr Attribute k_attributes[] = {
    {"workspace", ""},
    {"workspace_id", ""},
    {"account_id", ""},
    {"discovery_url", ""},
    {"cloud", ""},
    {"token", "pat"},
    {"username", "basic"},
    {"password", "basic"},
    {"client_id", "oauth"},
    {"client_secret", "oauth"},
    {"auth_type", ""},
    {"scopes", ""},
    {"audience", ""},
    {"databricks_cli_path", ""},
    {"metadata_service_url", "metadata-service"},
    {"databricks_id_token_filepath", "oauth"},
    {"oidc_token_env", "oauth"},
    {"google_service_account", "google"},
    {"google_credentials", "google"},
    {"azure_workspace_resource_id", "azure"},
    {"azure_use_msi", "azure"},
    {"azure_client_id", "azure"},
    {"azure_client_secret", "azure"},
    {"azure_tenant_id", "azure"},
    {"azure_login_app_id", "azure"},
    {"azure_environment", ""},
};

}  // namespace

std::string_view input_of_profile_key(std::string_view key) {
  if (key == "host") return "workspace";
  if (key == "workspace") return {};
  for (const Attribute& attribute : k_attributes)
    if (attribute.input == key) return attribute.input;
  return {};
}

AuthFamily auth_family(std::string_view input) {
  for (const Attribute& attribute : k_attributes)
    if (attribute.input == input) return attribute.family;
  return {};
}

AuthFamily family_of_auth_type(std::string_view auth_type) {
  if (auth_type == "pat" || auth_type == "basic" || auth_type == "metadata-service")
    return auth_type;
  if (auth_type.starts_with("azure-devops")) return "oauth";
  if (auth_type.starts_with("azure") || auth_type.ends_with("azure")) return "azure";
  if (auth_type.starts_with("google")) return "google";
  if (auth_type.starts_with("oauth") || auth_type.ends_with("oidc")) return "oauth";
  return {};
}

bool is_secret(std::string_view input) {
  const Input* known = find_input(input);
  return known != nullptr &&
         (known->input_class == InputClass::deciding || known->input_class == InputClass::material);
}

}  // namespace pglakebase
