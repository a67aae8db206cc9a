#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/scopes.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/entra_client.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

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

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    return at_token_endpoint(context,
                             [&](const std::string& endpoint) { return ask(context, endpoint); });
  }

 private:
  // As files of variables leave them, that are no shell's.
  static bool is_wrapped(std::string_view value) {
    constexpr std::string_view quotes = "\"'";
    return !value.empty() && (trim(value) != value || quotes.find(value.front()) != quotes.npos ||
                              quotes.find(value.back()) != quotes.npos);
  }

  static WorkspaceToken ask(const SourceContext& context, const std::string& endpoint) {
    const Settings& settings = context.settings;
    const Setting& id = *settings.find("client_id");
    const Setting& secret = *settings.secret("client_secret");
    const std::string scope = scopes(settings);
    const Secret revealed = reveal_secret(context, secret);
    const std::string basic =
        base64(percent_encoded(id.value) + ":" + percent_encoded(revealed.reveal()));
    return ask_token(context, endpoint, {{"grant_type", "client_credentials"}, {"scope", scope}},
                     {"Authorization: Basic " + basic},
                     "a workspace token for client id " + id.value, [&](int status) {
                       if (status == 404)
                         return "check that the workspace's address (from " +
                                settings.workspace_origin() + ") is right";
                       for (const auto& [value, setting] :
                            {std::pair<std::string_view, const Setting&>(id.value, id),
                             {revealed.reveal(), secret}})
                         if (is_wrapped(value))
                           return "take away the blanks or quotes around what " + setting.origin() +
                                  " holds";
                       return "check the client id (from " + id.origin() +
                              ") and the client secret (from " + secret.origin() +
                              "), which has its own end, and that the service principal is in the "
                              "workspace";
                     });
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_oauth_m2m() {
  return std::make_unique<OauthM2mSource>();
}

}  // namespace pglakebase
