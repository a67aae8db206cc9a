#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/crypto/base64.hpp"

namespace pglakebase {
namespace {

/// A user's name and password, where a workspace still takes them.
class BasicSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "basic"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* user = context.settings.find("username");
    if (user == nullptr) return NotConfigured{"no username (DATABRICKS_USERNAME)"};
    const Setting* password = context.settings.secret("password");
    if (password == nullptr) return NotConfigured{"no password (DATABRICKS_PASSWORD)"};
    if (user->value.find(':') != std::string::npos)
      throw ConfigError("the username from " + user->origin() +
                        " holds a colon, which none may (RFC 7617); correct it");
    return Principal{user->value, user->value};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    WorkspaceToken token;
    token.scheme = "Basic";
    token.token = Secret(base64(context.settings.find("username")->value + ":" +
                                reveal_secret(context, "password").reveal()));
    token.issued_ms = context.clock.wall_ms();
    return token;
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_basic() {
  return std::make_unique<BasicSource>();
}

}  // namespace pglakebase
