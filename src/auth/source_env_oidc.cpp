#include "pglakebase/auth/federation.hpp"
#include "pglakebase/auth/identity_token.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"

namespace pglakebase {
namespace {

/// An identity token that stands in a variable: DATABRICKS_OIDC_TOKEN, or the one that
/// oidc_token_env names.
class EnvOidcSource final : public FederatedSource {
 public:
  std::string_view name() const override { return "env-oidc"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    if (context.settings.secret("oidc_token") == nullptr)
      return NotConfigured{lacking(context.settings)};
    if (context.settings.find("client_id") != nullptr) return principal(context, {});
    return principal(context, stated_identity(id_token(context, {}).reveal()));
  }

 private:
  static std::string lacking(const Settings& settings) {
    const Setting* named = settings.find("oidc_token_env");
    if (named == nullptr) return "no DATABRICKS_OIDC_TOKEN";
    std::string why = "no " + named->value + " (which " + named->origin() + " names)";
    // The library that hands variables over reads no profiles.
    if (named->level == Level::profile)
      why += "; set DATABRICKS_OIDC_TOKEN_ENV=" + named->value + " in the environment, too";
    return why;
  }

  Secret id_token(const SourceContext& context, const std::string&) const override {
    const Setting& token = *context.settings.secret("oidc_token");
    return Secret(identity_token(reveal_secret(context, token).reveal(), token.origin()));
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_env_oidc() {
  return std::make_unique<EnvOidcSource>();
}

}  // namespace pglakebase
