#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pglakebase/auth/google.hpp"

namespace pglakebase {

inline constexpr const char* k_google_iam = "https://iamcredentials.googleapis.com";

/// Who acts as a service account.
struct GoogleActor {
  Secret token;
  std::string quota_project;  ///< whose quota the calls count for; may be empty
  std::string remedy;         ///< completes "check …", where it may not
};

/// An ID token of the service account for the workspace. Throws AuthError.
Secret google_id_token(const SourceContext& context, const GoogleActor& actor,
                       const std::string& account);

/// An access token of the service account, by the address `…:generateAccessToken`. Throws
/// AuthError.
Secret google_account_token(const SourceContext& context, const GoogleActor& actor,
                            const std::string& url, const nlohmann::json& delegates,
                            const std::string& scopes);

/// That address.
std::string google_account_url(const std::string& account, const char* verb);

}  // namespace pglakebase
