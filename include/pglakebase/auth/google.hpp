#pragma once

#include <string>
#include <vector>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// Does the workspace run on Google Cloud, by the setting `cloud` or by its name?
bool is_on_google_cloud(const Settings& settings);

/// The key of a service account, as Google's console gives it out.
struct GoogleKey {
  std::string email;
  std::string key_id;
  std::string token_uri;  ///< https
  Secret private_key;     ///< PEM
  std::string origin;     ///< for error texts
};

/// What a token is for: an audience for an ID token, or scopes for an access token.
struct GoogleClaim {
  const char* name;  ///< `target_audience` or `scope`
  std::string value;
};
inline constexpr const char* k_google_audience = "target_audience";
inline constexpr const char* k_google_scope = "scope";
/// What the second header's token is for (databricks-sdk-go, auth_gcp_google_id.go).
inline constexpr const char* k_google_platform = "https://www.googleapis.com/auth/cloud-platform";
inline constexpr const char* k_google_compute = "https://www.googleapis.com/auth/compute";

/// Google's token for an assertion signed with the key (RFC 7523). Throws AuthError, ConfigError.
Secret ask_google(const SourceContext& context, const GoogleKey& key, const GoogleClaim& claim);

/// A workspace token made of Google's ID token and, where it can be had, an access token beside it.
WorkspaceToken google_workspace_token(const Secret& id_token, const Secret& access_token,
                                      std::int64_t asked_ms, const std::string& origin);

}  // namespace pglakebase
