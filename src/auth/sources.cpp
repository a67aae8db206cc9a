#include "pglakebase/auth/sources.hpp"

#include <algorithm>

namespace pglakebase {
namespace {

using Maker = std::unique_ptr<CredentialSource> (*)();

// clang-format off
constexpr Maker k_makers[] = {
    make_source_pat,
    make_source_basic,
    make_source_oauth_m2m,
    make_source_databricks_cli,
    make_source_metadata_service,
    make_source_github_oidc,
    make_source_azure_devops_oidc,
    make_source_env_oidc,
    make_source_file_oidc,
    make_source_github_oidc_azure,
    make_source_azure_msi,
    make_source_azure_client_secret,
    make_source_azure_certificate,
    make_source_azure_workload_identity,
    make_source_azure_cli,
    make_source_google_credentials,
    make_source_google_id,
};
// clang-format on

constexpr std::string_view k_sdk_auth_types[] = {"pat",
                                                 "basic",
                                                 "oauth-m2m",
                                                 "databricks-cli",
                                                 "metadata-service",
                                                 "github-oidc",
                                                 "env-oidc",
                                                 "azure-devops-oidc",
                                                 "file-oidc",
                                                 "github-oidc-azure",
                                                 "azure-msi",
                                                 "azure-cli",
                                                 "azure-client-secret",
                                                 "google-credentials",
                                                 "google-id",
                                                 "external-browser",
                                                 "runtime",
                                                 "runtime-oauth",
                                                 "model-serving"};

}  // namespace

std::vector<std::unique_ptr<CredentialSource>> all_sources() {
  std::vector<std::unique_ptr<CredentialSource>> sources;
  for (const auto make : k_makers) sources.push_back(make());
  return sources;
}

bool is_foreign_auth_type(std::string_view auth_type) {
  return std::find(std::begin(k_sdk_auth_types), std::end(k_sdk_auth_types), auth_type) !=
         std::end(k_sdk_auth_types);
}

}  // namespace pglakebase
