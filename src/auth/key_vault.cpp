#include "pglakebase/auth/key_vault.hpp"

#include <algorithm>

#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/machine_identity.hpp"
#include "pglakebase/auth/managed_identity.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_version = "?api-version=7.4";
constexpr std::string_view k_zones[] = {".vault.azure.net", ".vault.usgovcloudapi.net",
                                        ".vault.azure.cn"};
constexpr std::size_t k_longest = 253;

// Names of vaults, secrets and versions; `more` are further characters.
bool is_name(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= k_longest &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
                  c == '-' || more.find(c) != std::string_view::npos;
         });
}

std::string_view zone_of(const Settings& settings, std::string_view vault) {
  for (const std::string_view zone : k_zones)
    if (vault.ends_with(zone)) return zone;
  return vault.find('.') == std::string_view::npos ? azure_cloud(settings).key_vault_zone
                                                   : std::string_view();
}

// Without what stands in a vault itself. A client whose secret does cannot be who asks for it, nor
// is its id that of a managed identity.
Settings for_machine(const Settings& settings) {
  const auto elsewhere = [](const Setting& setting) {
    return setting.value.starts_with("keyvault:") ||
           setting.value.starts_with("databricks-secret:");
  };
  const Setting* secret = settings.find("azure_client_secret");
  const bool other_client = secret != nullptr && elsewhere(*secret);
  return without_secrets(settings, elsewhere).without([&](std::string_view input, const Setting&) {
    return other_client && input == "azure_client_id";
  });
}

Secret ask(const SourceContext& context, const std::string& host, std::string_view zone,
           std::string_view name, const std::string& origin) {
  const std::string server = "https://" + host;
  const Call call{"the secret " + std::string(name), server, "Azure Key Vault"};
  const Settings settings = for_machine(context.settings);
  const WorkspaceToken token = machine_identity_token(
      {settings, context.cache, context.http, context.clock, context.deadline_ms},
      "https://" + std::string(zone.substr(1)));
  HttpRequest request;
  request.url = server + "/secrets/" + std::string(name) + k_version;
  request.headers = {"Accept: application/json", "Authorization: Bearer " + token.token.reveal()};
  const HttpResponse response =
      send_expecting_success(context.http, request, call, [&](int status) -> std::string {
        if (status == 404) return "check the secret's name and the vault's (from " + origin + ")";
        return "give this machine's identity the role Key Vault Secrets User on the vault, and "
               "let the vault's firewall admit this network";
      });
  return Secret(string_field(json_object(response, call), "value", call));
}

}  // namespace

Secret key_vault_secret(const SourceContext& context, std::string_view vault, std::string_view name,
                        const std::string& origin) {
  if (vault.starts_with("https://")) vault.remove_prefix(8);
  if (vault.ends_with('/')) vault.remove_suffix(1);
  const std::string_view zone = zone_of(context.settings, vault);
  const std::string_view label = vault.substr(0, vault.find('.'));
  if (zone.empty() || !is_name(label, "") || !is_name(name, "/"))
    throw ConfigError("the key vault or secret from " + origin +
                      " has a name that none has; it looks like my-vault and my-secret");
  const std::string host = std::string(label) + std::string(zone);
  try {
    Secret secret = ask(context, host, zone, name, origin);
    if (secret.empty())
      throw AuthError("the secret " + std::string(name) + " in the key vault " + host +
                          " is empty; store the client secret in it",
                      true, AuthError::k_permanent_hold_ms);
    return secret;
  } catch (const AuthError& error) {
    throw KeyVaultError(error);
  }
}

}  // namespace pglakebase
