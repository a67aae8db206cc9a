#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "pglakebase/auth/credential_source.hpp"
#include "pglakebase/auth/reply.hpp"

namespace pglakebase {

/// What the sources of workload identity federation share: an identity provider's token is
/// exchanged for a workspace token (RFC 8693; databricks-sdk-go, experimental/auth/oidc). Each
/// brings that token, freshly read or asked for at every exchange.
class FederatedSource : public CredentialSource {
 public:
  /// Where no client id names a principal, the workspace's refusal of the token lets the next
  /// source have its turn, as nobody is replaced by anybody else then.
  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const final;

 protected:
  /// The identity provider's token for `audience`. Throws AuthError, ConfigError.
  virtual Secret id_token(const SourceContext& context, const std::string& audience) const = 0;

  /// The service principal of the setting client_id. Without one (federation for the whole
  /// account) whoever `otherwise` stands for, which may be secret.
  static Principal principal(const SourceContext& context, std::string_view otherwise);
};

/// A token that an identity provider answered with in `field`. `call` names the provider. Throws
/// AuthError.
Secret ask_id_token(const SourceContext& context, const HttpRequest& request, const Call& call,
                    const char* field, const std::string& remedy);

/// Issuer and subject as a token states them, for telling identities apart: nothing is verified.
/// The whole token where they cannot be read.
std::string stated_identity(const std::string& token);

}  // namespace pglakebase
