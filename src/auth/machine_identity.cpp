#include "pglakebase/auth/machine_identity.hpp"

#include <string>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure_identities.hpp"
#include "pglakebase/auth/managed_identity.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

AzureToken managed(const SourceContext& context, std::string_view resource) {
  return managed_identity_token(context, resource, uses_managed_identity(context.settings));
}

struct Way {
  std::string_view name;  ///< azidentity's
  bool for_people;        ///< of `dev`, else of `prod`
  AzureToken (*token)(const SourceContext& context, std::string_view resource);
};

AzureToken environment(const SourceContext& context, std::string_view resource) {
  AzureToken token = azure_client_secret_token(context, resource);
  return std::holds_alternative<WorkspaceToken>(token) ? std::move(token)
                                                       : azure_certificate_token(context, resource);
}

constexpr Way k_ways[] = {
    {"EnvironmentCredential", false, environment},
    {"WorkloadIdentityCredential", false, azure_workload_identity_token},
    {"ManagedIdentityCredential", false, managed},
    {"AzureCliCredential", true, azure_cli_token},
};

bool wanted(const Way& way, std::string_view chosen) {
  if (chosen.empty()) return true;
  if (equals_ignoring_case(chosen, "dev")) return way.for_people;
  if (equals_ignoring_case(chosen, "prod")) return !way.for_people;
  return equals_ignoring_case(chosen, way.name);
}

}  // namespace

WorkspaceToken machine_identity_token(const SourceContext& context, std::string_view resource) {
  const Setting* chosen = context.settings.find("azure_token_credentials");
  std::string reasons;
  for (const Way& way : k_ways) {
    if (!wanted(way, chosen != nullptr ? chosen->value : "")) continue;
    AzureToken token = way.token(context, resource);
    if (auto* got = std::get_if<WorkspaceToken>(&token)) return std::move(*got);
    reasons.append(reasons.empty() ? "" : "; ").append(way.name).append(": ");
    reasons += std::get<NotConfigured>(token).why;
  }
  if (reasons.empty())
    throw ConfigError(chosen->origin() +
                      " names no way to sign in that is supported; set dev, prod, "
                      "EnvironmentCredential, WorkloadIdentityCredential, "
                      "ManagedIdentityCredential or AzureCliCredential");
  throw AuthError("this machine has no identity of its own in Azure (" + reasons +
                      "); give it a managed identity, set AZURE_CLIENT_ID, AZURE_TENANT_ID and "
                      "AZURE_CLIENT_SECRET, or log in with az login",
                  true, AuthError::k_permanent_hold_ms);
}

}  // namespace pglakebase
