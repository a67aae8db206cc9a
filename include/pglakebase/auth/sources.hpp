#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

std::unique_ptr<CredentialSource> make_source_pat();
std::unique_ptr<CredentialSource> make_source_basic();
std::unique_ptr<CredentialSource> make_source_oauth_m2m();
std::unique_ptr<CredentialSource> make_source_databricks_cli();
std::unique_ptr<CredentialSource> make_source_metadata_service();
std::unique_ptr<CredentialSource> make_source_github_oidc();
std::unique_ptr<CredentialSource> make_source_azure_devops_oidc();
std::unique_ptr<CredentialSource> make_source_env_oidc();
std::unique_ptr<CredentialSource> make_source_file_oidc();
std::unique_ptr<CredentialSource> make_source_github_oidc_azure();
std::unique_ptr<CredentialSource> make_source_azure_msi();
std::unique_ptr<CredentialSource> make_source_azure_client_secret();
std::unique_ptr<CredentialSource> make_source_azure_certificate();
std::unique_ptr<CredentialSource> make_source_azure_workload_identity();
std::unique_ptr<CredentialSource> make_source_azure_cli();
std::unique_ptr<CredentialSource> make_source_google_credentials();
std::unique_ptr<CredentialSource> make_source_google_id();

/// Takes the place of all others where a user's token was given (Chain).
std::unique_ptr<CredentialSource> make_source_user_token();

/// All other sources, in the order of databricks-sdk-go (config/auth_default.go): the only place
/// that names them all.
std::vector<std::unique_ptr<CredentialSource>> all_sources();

/// Is it an auth_type of the Databricks SDKs, though we have no source for it?
bool is_foreign_auth_type(std::string_view auth_type);

}  // namespace pglakebase
