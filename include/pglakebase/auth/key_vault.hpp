#pragma once

#include <string_view>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// The vault could not be asked, or did not give the secret.
class KeyVaultError : public AuthError {
 public:
  explicit KeyVaultError(const AuthError& error) : AuthError(error) {}
};

/// A secret of Azure Key Vault: GET https://VAULT.vault.azure.net/secrets/NAME, signed in by
/// machine_identity_token(). `vault` is a name, which the zone of the workspace's cloud is added
/// to, or a whole host name in one of Microsoft's zones; `name` may end in `/VERSION`. `origin` is
/// the setting that asks for it. Throws KeyVaultError, ConfigError.
Secret key_vault_secret(const SourceContext& context, std::string_view vault, std::string_view name,
                        const std::string& origin);

}  // namespace pglakebase
