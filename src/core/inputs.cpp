#include "pglakebase/core/inputs.hpp"

#include <cstring>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

using enum InputClass;
using P = DirectivePolicy;

// Attribute names and variables: Databricks unified authentication (databricks-sdk-go,
// config/config.go), azidentity, and the CI systems' own names. A new source adds its inputs here
// and nowhere else, and may then rely on them in the request.
constexpr Input k_inputs[] = {
    // Where and which profile
    {"profile", selecting, P::any, {"DATABRICKS_CONFIG_PROFILE"}},
    {"config_file", selecting, P::trusted, {"DATABRICKS_CONFIG_FILE"}},
    {"workspace", selecting, P::trusted, {"DATABRICKS_HOST", "DATABRICKS_WORKSPACE_URL"}},
    {"workspace_id", selecting, P::any, {"DATABRICKS_WORKSPACE_ID"}},
    {"account_id", selecting, P::any, {"DATABRICKS_ACCOUNT_ID"}},
    {"discovery_url", selecting, P::trusted, {"DATABRICKS_DISCOVERY_URL"}},
    {"cloud", selecting, P::any, {"DATABRICKS_CLOUD"}},
    {"azure_workspace_resource_id", selecting, P::any, {"DATABRICKS_AZURE_RESOURCE_ID"}},
    {"auth_type", selecting, P::any, {"DATABRICKS_AUTH_TYPE"}},
    {"scopes", selecting, P::any, {}},
    {"auth_storage", selecting, P::none, {"DATABRICKS_AUTH_STORAGE"}},

    // Which database
    {"endpoint", selecting, P::any, {"LAKEBASE_ENDPOINT", "ENDPOINT_NAME"}},
    {"instance", selecting, P::any, {"LAKEBASE_INSTANCE_NAME"}},
    {"ttl", selecting, P::any, {}},
    {"claims", selecting, P::any, {}},
    {"group", selecting, P::any, {}},
    {"native_password", deciding, P::trusted, {}},
    {"on_behalf_of", selecting, P::any, {}},
    // Given with a connection alone: by its password or its thread.
    {"user_token", deciding, P::none, {}},
    {"user_token_file", selecting, P::trusted, {}},

    // Databricks' own sources
    {"token", deciding, P::trusted, {"DATABRICKS_TOKEN"}},
    {"username", selecting, P::any, {"DATABRICKS_USERNAME"}},
    {"password", material, P::trusted, {"DATABRICKS_PASSWORD"}},
    {"client_id", selecting, P::any, {"DATABRICKS_CLIENT_ID"}},
    {"client_secret", material, P::trusted, {"DATABRICKS_CLIENT_SECRET"}},
    {"databricks_cli_path", selecting, P::trusted, {"DATABRICKS_CLI_PATH"}},
    {"metadata_service_url", deciding, P::trusted, {"DATABRICKS_METADATA_SERVICE_URL"}},
    {"audience", selecting, P::any, {"DATABRICKS_TOKEN_AUDIENCE"}},
    {"databricks_id_token_filepath", selecting, P::trusted, {"DATABRICKS_OIDC_TOKEN_FILEPATH"}},
    {"oidc_token_env", selecting, P::trusted, {"DATABRICKS_OIDC_TOKEN_ENV"}},
    {"oidc_token", assertion, P::none, {"DATABRICKS_OIDC_TOKEN"}},

    // GitHub Actions and Azure DevOps
    {"actions_id_token_request_url", assertion, P::none, {"ACTIONS_ID_TOKEN_REQUEST_URL"}},
    {"actions_id_token_request_token", assertion, P::none, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN"}},
    {"devops_access_token", assertion, P::none, {"SYSTEM_ACCESSTOKEN"}},
    {"devops_collection", assertion, P::none, {"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"}},
    {"devops_project", assertion, P::none, {"SYSTEM_TEAMPROJECTID"}},
    {"devops_host_type", assertion, P::none, {"SYSTEM_HOSTTYPE"}},
    {"devops_plan", assertion, P::none, {"SYSTEM_PLANID"}},
    {"devops_job", assertion, P::none, {"SYSTEM_JOBID"}},

    // Azure
    {"azure_environment", selecting, P::any, {"ARM_ENVIRONMENT"}},
    {"azure_login_app_id", selecting, P::any, {"DATABRICKS_AZURE_LOGIN_APP_ID"}},
    {"azure_tenant_id", selecting, P::any, {"ARM_TENANT_ID", "AZURE_TENANT_ID"}},
    {"azure_client_id", selecting, P::any, {"ARM_CLIENT_ID", "AZURE_CLIENT_ID"}},
    {"azure_client_secret", material, P::trusted, {"ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"}},
    {"azure_client_certificate_path", selecting, P::trusted, {"AZURE_CLIENT_CERTIFICATE_PATH"}},
    {"azure_client_certificate_password",
     material,
     P::trusted,
     {"AZURE_CLIENT_CERTIFICATE_PASSWORD"}},
    {"azure_federated_token_file", selecting, P::trusted, {"AZURE_FEDERATED_TOKEN_FILE"}},
    {"azure_authority_host", selecting, P::trusted, {"AZURE_AUTHORITY_HOST"}},
    {"azure_token_credentials", selecting, P::any, {"AZURE_TOKEN_CREDENTIALS"}},
    {"azure_config_dir", selecting, P::none, {"AZURE_CONFIG_DIR"}},
    {"azure_use_msi", selecting, P::any, {"ARM_USE_MSI"}},
    {"use_managed_identity", selecting, P::any, {"USE_MANAGED_IDENTITY"}},
    {"managed_identity_object_id", selecting, P::any, {}},
    {"managed_identity_resource_id", selecting, P::any, {}},
    {"identity_endpoint", selecting, P::none, {"IDENTITY_ENDPOINT"}},
    {"identity_header", material, P::none, {"IDENTITY_HEADER"}},
    {"identity_server_thumbprint", selecting, P::none, {"IDENTITY_SERVER_THUMBPRINT"}},
    {"imds_endpoint", selecting, P::none, {"IMDS_ENDPOINT"}},
    {"msi_endpoint", selecting, P::none, {"MSI_ENDPOINT"}},
    {"msi_secret", material, P::none, {"MSI_SECRET"}},
    {"key_vault", selecting, P::any, {"KEY_VAULT_NAME"}},

    // Google
    {"google_service_account", selecting, P::any, {"DATABRICKS_GOOGLE_SERVICE_ACCOUNT"}},
    {"google_credentials", deciding, P::trusted, {"GOOGLE_CREDENTIALS"}},
    {"google_application_credentials", selecting, P::trusted, {"GOOGLE_APPLICATION_CREDENTIALS"}},
    {"google_metadata_host", selecting, P::none, {"GCE_METADATA_HOST"}},

    // Other people's switches that choose between sources
    {"use_lakebase", selecting, P::none, {"USE_LAKEBASE"}},
    {"user_email", selecting, P::none, {"USER_EMAIL"}},

    // The network
    {"https_proxy", network, P::none, {"https_proxy", "HTTPS_PROXY"}},
    {"http_proxy", network, P::none, {"http_proxy"}},
    {"all_proxy", network, P::none, {"all_proxy", "ALL_PROXY"}},
    {"no_proxy", network, P::none, {"no_proxy", "NO_PROXY"}},
    {"ssl_cert_file", network, P::none, {"SSL_CERT_FILE"}},
    {"ssl_cert_dir", network, P::none, {"SSL_CERT_DIR"}},
    {"client_certificate_file", network, P::trusted, {}},
    {"client_key_file", network, P::trusted, {}},
    {"client_key_password", material, P::trusted, {}},

    // Read by the library or the command alone
    {"auth", local, P::any, {}},
    {"tls", local, P::any, {}},
    {"refresh_before", local, P::any, {}},
    {"schema", local, P::any, {"PGSCHEMA", "LAKEBASE_SCHEMA"}},
    {"schema_prefix", local, P::any, {}},
    {"strip_pooler", local, P::any, {}},
    {"wake_timeout", local, P::any, {}},
};

constexpr std::string_view k_own_prefix = "PGLAKEBASE_";

// The first two characters of all variables, so that most of an environment is passed over at once.
constexpr std::size_t start_of(std::string_view name) {
  const auto first = static_cast<unsigned char>(name[0]);
  const auto second = static_cast<unsigned char>(name.size() > 1 ? name[1] : '\0');
  return (first * 31U + second) % 256;
}

struct Starts {
  bool known[256] = {};

  constexpr Starts() {
    known[start_of(k_own_prefix)] = true;
    for (const Input& input : k_inputs)
      for (const char* variable : input.variables)
        if (variable != nullptr) known[start_of(variable)] = true;
  }
};
constexpr Starts k_starts;

}  // namespace

bool may_be_variable(std::string_view name) {
  return !name.empty() && k_starts.known[start_of(name)];
}

std::span<const Input> inputs() {
  return k_inputs;
}

const Input* find_input(std::string_view name) {
  for (const Input& input : k_inputs)
    if (name == input.name) return &input;
  return nullptr;
}

bool input_variable(const Input& input, std::size_t n, char* buffer, std::string_view& variable) {
  if (input.directive != P::none) {
    if (n == 0) {
      std::size_t size = 0;
      for (const char c : k_own_prefix) buffer[size++] = c;
      for (const char* c = input.name; *c != '\0'; ++c)
        buffer[size++] = *c >= 'a' && *c <= 'z' ? static_cast<char>(*c - 'a' + 'A') : *c;
      variable = {buffer, size};
      return true;
    }
    --n;
  }
  if (n >= sizeof input.variables / sizeof input.variables[0] || input.variables[n] == nullptr)
    return false;
  variable = input.variables[n];
  return true;
}

}  // namespace pglakebase
