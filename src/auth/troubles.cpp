#include "pglakebase/auth/troubles.hpp"

#include <algorithm>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_code = 16;

constexpr Trouble k_troubles[] = {
    // Entra: clients and their proofs
    {"AADSTS7000222",
     "the client secret has expired; make a new one in the app registration (Certificates & "
     "secrets) and store it where the old one was"},
    {"AADSTS7000215",
     "the client secret is another; store the secret's value, not its id, as the app registration "
     "shows it once"},
    {"AADSTS700016",
     "the tenant has no application of this client id; check azure_client_id, and that "
     "azure_tenant_id is the application's own tenant"},
    {"AADSTS7000112", "the application is disabled; let an administrator enable it in Entra"},
    {"AADSTS700027",
     "the certificate is not registered for this application; upload it to the app registration"},
    {"AADSTS700024",
     "the clock of this machine is wrong, or the identity token has ended; set the clock (NTP), "
     "and check that the token's file is renewed"},
    {"AADSTS700211",
     "no federated credential of the application has this token's issuer; add one in the app "
     "registration"},
    {"AADSTS700212",
     "no federated credential of the application has this token's audience; it must be "
     "api://AzureADTokenExchange"},
    {"AADSTS700213",
     "no federated credential of the application has this token's subject; add one for this "
     "service account, branch or environment"},
    {"AADSTS70021",
     "no federated credential of the application fits this token; compare issuer, subject and "
     "audience in the app registration"},
    // Entra: tenants
    {"AADSTS90002",
     "there is no such tenant; check azure_tenant_id (ARM_TENANT_ID, AZURE_TENANT_ID)"},
    {"AADSTS900023",
     "the tenant is none; set azure_tenant_id to the tenant's UUID or to one of its domains"},
    {"AADSTS500011",
     "the tenant has no such service; set azure_tenant_id to the tenant that the workspace belongs "
     "to"},
    {"AADSTS50020",
     "this account is not in the workspace's tenant; log in there (az login --tenant TENANT)"},
    // Entra: logins of people
    {"AADSTS700082", "the login has expired; log in again with az login"},
    {"AADSTS70043", "the login has expired; log in again with az login"},
    {"AADSTS50173", "the login has been revoked; log in again with az login"},
    {"AADSTS50078", "the login needs its second factor again; log in again with az login"},
    {"AADSTS50076", "the login needs a second factor; log in again with az login"},
    {"AADSTS53003",
     "a conditional access policy forbids it; ask an administrator, or use an identity that the "
     "policy admits"},
    // Managed identities
    {"Multiple user assigned identities exist",
     "this machine has several managed identities; choose one with azure_client_id "
     "(AZURE_CLIENT_ID)"},
    {"Identity not found",
     "this machine has no such managed identity; assign it, or correct azure_client_id "
     "(AZURE_CLIENT_ID)"},
    // Azure Key Vault
    {"ForbiddenByFirewall",
     "the key vault's firewall does not admit this network; add it there, or a private endpoint"},
    {"Client address is not authorized",
     "the key vault's firewall does not admit this network; add it there, or a private endpoint"},
    {"ForbiddenByRbac",
     "this machine's identity may not read the secret; give it the role Key Vault Secrets User on "
     "the vault"},
    {"does not have secrets get permission",
     "this machine's identity may not read the secret; give it the permission Get for secrets in "
     "the vault's access policies"},
    {"Caller is not authorized to perform action",
     "this machine's identity may not read the secret; give it the role Key Vault Secrets User on "
     "the vault"},
    {"SecretNotFound",
     "the key vault has no secret of this name; the client secret is looked for as "
     "databricks-client-secret"},
    {"SecretDisabled", "the secret is disabled in the key vault; enable it or store a new version"},
    {"AKV10032",
     "the key vault belongs to another tenant than this machine's identity; use one of the same "
     "tenant"},
    // Databricks
    {"workspace-access entitlement",
     "the identity may not use the workspace; let an administrator turn on Workspace access for "
     "it (Settings, Identity and access)"},
    {"blocked by Databricks IP ACL",
     "the workspace's IP access list does not admit this machine's address; let an administrator "
     "add it"},
    {"IP access list",
     "the workspace's IP access list does not admit this machine's address; let an administrator "
     "add it"},
    {"does not have required scopes",
     "the token lacks a scope; ask for the scope postgres or all-apis (scopes of the profile, "
     "user_api_scopes of a Databricks App)"},
    {"Expected iss claim",
     "the token is of another Entra tenant than the workspace; set azure_tenant_id to the "
     "workspace's tenant (az login --tenant TENANT)"},
    {"Expected aud claim",
     "the token is not for Azure Databricks; ask for one with the resource "
     "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"},
    {"Token is expiring within 30 seconds",
     "the token ends too soon for the workspace; set the clock of this machine (NTP)"},
    {"Invalid access to Org",
     "the token is of another workspace than the address; make both the same workspace's"},
    {"Unable to load OAuth Config",
     "the workspace id is not this workspace's; correct or unset workspace_id "
     "(DATABRICKS_WORKSPACE_ID)"},
    {"Invalid access token",
     "the workspace does not know this token; it has been revoked, or is another workspace's: make "
     "a new one in this workspace"},
    {"Access token is expired", "the token has ended; make a new one in the workspace"},
    {"Invalid endpoint name",
     "an endpoint looks like projects/PROJECT/branches/BRANCH/endpoints/ENDPOINT; take it from the "
     "branch's page, computes"},
    {"Database instance '",
     "this workspace has no such instance; check LAKEBASE_INSTANCE_NAME, which is the instance's "
     "name and not its host"},
    // Logins of the Databricks CLI
    {"databricks OAuth is not configured for this host",
     "nobody is logged in to this workspace; run databricks auth login --host WORKSPACE"},
    {"refresh token is invalid",
     "the login has expired; run databricks auth login --host WORKSPACE"},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A code is not the beginning of a longer one.
bool holds(std::string_view report, std::string_view text) {
  for (auto at = report.begin();; ++at) {
    at = std::search(at, report.end(), text.begin(), text.end(),
                     [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
    if (at == report.end()) return false;
    const auto behind = at + static_cast<std::ptrdiff_t>(text.size());
    if (!is_digit(text.back()) || behind == report.end() || !is_digit(*behind)) return true;
  }
}

}  // namespace

std::span<const Trouble> troubles() {
  return k_troubles;
}

std::string_view known_remedy(std::string_view report) {
  for (const Trouble& trouble : k_troubles)
    if (holds(report, trouble.text)) return trouble.remedy;
  return {};
}

std::string entra_code(std::string_view report) {
  constexpr std::string_view prefix = "AADSTS";
  const std::size_t at = report.find(prefix);
  if (at == std::string_view::npos) return {};
  std::size_t end = at + prefix.size();
  while (end < report.size() && is_digit(report[end])) ++end;
  const std::string_view code = report.substr(at, end - at);
  return code.size() > prefix.size() && code.size() <= k_longest_code ? std::string(code) : "";
}

}  // namespace pglakebase
