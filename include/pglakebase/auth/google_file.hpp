#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pglakebase/auth/google.hpp"

namespace pglakebase {

/// What Google's tools write for programs to sign in with: a service account's key, a person's
/// login
/// (`gcloud auth application-default login`), either of them acting as a service account, or the
/// way to another identity provider's token.
struct GoogleFile {
  nlohmann::json content;  ///< an object
  std::string origin;      ///< for error texts

  std::string type() const;
  /// The service account that it acts as by itself; empty if none.
  std::string acts_as() const;
  /// Whose quota calls of Google's API count for; empty if it does not say.
  std::string quota_project() const;
};

/// Reads a file, the JSON text itself where the setting holds that, or what a secret's reference
/// leads to. Throws ConfigError, AuthError.
GoogleFile read_google_file(const SourceContext& context, const Setting& setting);
GoogleFile read_google_file(const std::string& path, const std::string& origin);

/// The key in a file of type service_account. Throws ConfigError for another.
GoogleKey google_key(const GoogleFile& file);

/// An access token for the scopes (with blanks between), of whomever the file is about. Throws
/// AuthError, ConfigError.
Secret google_access_token(const SourceContext& context, const GoogleFile& file,
                           const std::string& scopes);

/// Google's token for another identity provider's (type external_account), before it acts as
/// anybody. Throws AuthError, ConfigError.
Secret google_federated_token(const SourceContext& context, const GoogleFile& file,
                              const std::string& scopes);

/// A text that must be there. Throws ConfigError.
std::string google_text(const GoogleFile& file, const nlohmann::json& object, const char* name);
/// The same of an https address below googleapis.com: tokens are sent there.
std::string google_url(const GoogleFile& file, const char* name, const std::string& otherwise);
[[noreturn]] void refuse_google_file(const std::string& origin, const std::string& why);

}  // namespace pglakebase
