#include <algorithm>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/scopes.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/entra_client.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_token_path = "/oidc/v1/token";
constexpr const char* k_discovery_path = "/oidc/.well-known/oauth-authorization-server";

/// A service principal: client id and secret (RFC 6749, section 4.4).
class OauthM2mSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "oauth-m2m"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* id = context.settings.find("client_id");
    if (id == nullptr) return NotConfigured{"no client_id (DATABRICKS_CLIENT_ID)"};
    if (client_is_entras(context.settings))
      return NotConfigured{"the client is Entra's (KEY_VAULT_NAME or AZURE_TENANT_ID is set)"};
    const Setting* secret = context.settings.secret("client_secret");
    if (secret == nullptr) return NotConfigured{"no client_secret (DATABRICKS_CLIENT_SECRET)"};
    check_discovery(context.settings, *secret);
    return Principal{id->value, id->value};
  }

  // The address that every workspace has is asked at once; what it is, only where it is not there.
  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const std::string& workspace = context.settings.workspace();
    const std::string given(context.settings.get("discovery_url"));
    if (!given.empty()) return ask(context, discover_token_endpoint(context.http, given));
    try {
      return ask(context, workspace + k_token_path);
    } catch (const AuthError& error) {
      if (error.status() != 404) throw;
    }
    return ask(context, discover_token_endpoint(context.http, workspace + k_discovery_path));
  }

 private:
  // The secret goes to whatever address the discovery document names.
  static void check_discovery(const Settings& settings, const Setting& secret) {
    const Setting* url = settings.find("discovery_url");
    if (url == nullptr || url->level == Level::directive || url->level == secret.level) return;
    throw ConfigError("the secret from " + secret.origin() + " is not sent where " + url->origin() +
                      " says; give both in the same place, or unset the latter");
  }

  static WorkspaceToken ask(const SourceContext& context, const std::string& endpoint) {
    const Settings& settings = context.settings;
    const Setting& id = *settings.find("client_id");
    const Setting& secret = *settings.secret("client_secret");
    HttpRequest request;
    request.method = "POST";
    request.url = endpoint;
    request.headers = {
        "Accept: application/json", "Content-Type: application/x-www-form-urlencoded",
        "Authorization: Basic " + base64(percent_encoded(id.value) + ":" +
                                         percent_encoded(reveal_secret(context, secret).reveal()))};
    request.body =
        form_encoded({{"grant_type", "client_credentials"}, {"scope", scopes(settings)}});
    const std::int64_t asked_ms = context.clock.wall_ms();
    const std::string origin(origin_of(endpoint));
    const HttpResponse response = send_expecting_success(
        context.http, request, {"a workspace token for client id " + id.value, origin},
        [&](int status) {
          if (status == 404)
            return "check that the workspace's address (from " + settings.workspace_origin() +
                   ") is right";
          return "check the client id (from " + id.origin() + ") and the client secret (from " +
                 secret.origin() + "), and that the service principal is in the workspace";
        });
    return parse_token_response(response, asked_ms, origin);
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_oauth_m2m() {
  return std::make_unique<OauthM2mSource>();
}

}  // namespace pglakebase
