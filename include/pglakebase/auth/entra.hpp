#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// What an Entra token is asked for with.
struct EntraRequest {
  std::string authority;  ///< azure_authority()
  std::string tenant;
  std::string client_id;
  std::string resource;  ///< an application id or a URL, as in `<resource>/.default`
  /// Fields that prove the client's identity: client_secret, or client_assertion_type and
  /// client_assertion.
  std::vector<std::pair<std::string_view, Secret>> proof;
  std::string origins;  ///< where id and proof come from, for error texts
};

/// The address that a token is asked of.
std::string token_endpoint(const EntraRequest& request);

/// Microsoft identity platform, v2.0, client credentials: POST {tenant}/oauth2/v2.0/token. Throws
/// AuthError.
WorkspaceToken ask_entra(const SourceContext& context, const EntraRequest& request);

inline constexpr const char* k_jwt_bearer =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The fields of a federated assertion.
std::vector<std::pair<std::string_view, Secret>> assertion_fields(const Secret& assertion);

/// The token for Azure Databricks, got by `ask(resource)`. Where azure_workspace_resource_id says
/// which workspace it is, also what lets somebody in who is not yet a member of it: a token for
/// Azure's management, and that id, as headers of each call. The end is that of what ends first,
/// and 40 seconds earlier: the workspace refuses a token that has less than 30 seconds left.
/// `may_lack_management`: who cannot have the second token does without (people's logins).
WorkspaceToken azure_workspace_token(const SourceContext& context,
                                     const std::function<WorkspaceToken(std::string_view)>& ask,
                                     bool may_lack_management = false);

}  // namespace pglakebase
