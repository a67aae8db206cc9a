#include "pglakebase/core/inputs.hpp"

#include <cstdint>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

using enum InputClass;
using P = DirectivePolicy;

struct Described {
  const char* name;
  InputClass input_class;
  DirectivePolicy directive;
  const char* variables[Input::k_variables_at_most];
};

// Attribute names and variables: Databricks unified authentication (databricks-sdk-go,
// config/config.go), azidentity, and the CI systems' own names. A new source adds its inputs here
// and nowhere else, and may then rely on them in the request.
constexpr Described k_described[] = {
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

constexpr std::size_t k_input_count = std::size(k_described);
static_assert(k_input_count <= k_inputs_at_most);

constexpr char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// FNV-1a
constexpr std::uint32_t k_hash_start = 2166136261U;
constexpr std::uint32_t hashed(std::uint32_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * 16777619U;
}

// A variable in the order of these, so that an environment is gone through in one pass.
struct Place {
  std::uint32_t hash = 0;
  std::uint8_t input = 0;
  std::uint8_t n = 0;
};

constexpr std::uint32_t hash_of(const char* variable) {
  std::uint32_t hash = k_hash_start;
  for (; *variable != '\0'; ++variable) hash = hashed(hash, *variable);
  return hash;
}

constexpr std::uint32_t hash_of_own(const char* input) {
  std::uint32_t hash = k_hash_start;
  for (const char c : k_own_prefix) hash = hashed(hash, c);
  for (; *input != '\0'; ++input) hash = hashed(hash, ascii_upper(*input));
  return hash;
}

struct Places {
  Place places[k_all_variables_at_most];
  std::size_t count = 0;
  // The first two characters of all variables, so that most of an environment is passed over.
  bool starts[256] = {};

  constexpr Places() {
    starts[start_of(k_own_prefix)] = true;
    for (std::size_t i = 0; i < k_input_count; ++i) {
      const Described& input = k_described[i];
      std::size_t n = 0;
      if (input.directive != P::none) add(hash_of_own(input.name), i, n++);
      for (const char* variable : input.variables) {
        if (variable == nullptr) continue;
        starts[start_of(variable)] = true;
        add(hash_of(variable), i, n++);
      }
    }
  }

  static constexpr std::size_t start_of(std::string_view name) {
    const auto first = static_cast<unsigned char>(name[0]);
    const auto second = static_cast<unsigned char>(name.size() > 1 ? name[1] : '\0');
    return (first * 31U + second) % 256;
  }

  constexpr void add(std::uint32_t hash, std::size_t input, std::size_t n) {
    std::size_t at = count++;
    for (; at > 0 && places[at - 1].hash > hash; --at) places[at] = places[at - 1];
    places[at] = {hash, static_cast<std::uint8_t>(input), static_cast<std::uint8_t>(n)};
  }
};
constexpr Places k_places;

constexpr std::size_t size_of_names() {
  std::size_t size = 0;
  for (const Described& input : k_described) {
    size += std::string_view(input.name).size();
    for (const char* variable : input.variables)
      if (variable != nullptr) size += std::string_view(variable).size();
  }
  return size;
}
static_assert(size_of_names() <= 0xffff, "a place has 16 bits");

struct Table {
  char names[size_of_names()] = {};
  Input inputs[std::size(k_described)] = {};

  constexpr Table() {
    std::size_t end = 0;
    Input* input = inputs;
    for (const Described& described : k_described) {
      input->input_class = described.input_class;
      input->directive = described.directive;
      input->name_place = add(described.name, end);
      for (std::size_t n = 0; n < Input::k_variables_at_most; ++n)
        input->variable_places[n] = add(described.variables[n], end);
      ++input;
    }
  }

 private:
  constexpr NamePlace add(const char* name, std::size_t& end) {
    NamePlace place{static_cast<std::uint16_t>(end), 0};
    if (name == nullptr) return place;
    for (const char c : std::string_view(name)) {
      names[end++] = c;
      ++place.size;
    }
    return place;
  }
};
constexpr Table k_table;

}  // namespace

const char* const NamePlace::k_all_names = k_table.names;

std::span<const Input> inputs() {
  return k_table.inputs;
}

const Input* find_input(std::string_view name) {
  for (const Input& input : k_table.inputs)
    if (name == input.name()) return &input;
  return nullptr;
}

bool find_variable(std::string_view name, std::size_t& input, std::size_t& n) {
  if (name.empty() || !k_places.starts[Places::start_of(name)]) return false;
  std::uint32_t hash = k_hash_start;
  for (const char c : name) hash = hashed(hash, c);
  std::size_t low = 0;
  std::size_t high = k_places.count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (k_places.places[middle].hash < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < k_places.count && k_places.places[low].hash == hash; ++low) {
    char buffer[64];
    std::string_view variable;
    input = k_places.places[low].input;
    n = k_places.places[low].n;
    if (input_variable(k_table.inputs[input], n, buffer, variable) && variable == name) return true;
  }
  return false;
}

bool input_variable(const Input& input, std::size_t n, char* buffer, std::string_view& variable) {
  if (input.directive != P::none) {
    if (n == 0) {
      std::size_t size = 0;
      for (const char c : k_own_prefix) buffer[size++] = c;
      for (const char c : input.name()) buffer[size++] = ascii_upper(c);
      variable = {buffer, size};
      return true;
    }
    --n;
  }
  variable = input.variable(n);
  return !variable.empty();
}

}  // namespace pglakebase
