#include <algorithm>

#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"

namespace pglakebase {
namespace {

/// A user's own token for the workspace, handed to us to act on that user's behalf.
class UserTokenSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "user-token"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* token = context.settings.secret("user_token");
    if (token == nullptr) return NotConfigured{"no user token"};
    if (!std::all_of(token->value.begin(), token->value.end(),
                     [](char c) { return c > 0x20 && c < 0x7f; }))
      throw ConfigError("the user token from " + token->origin() +
                        " holds blanks or other characters that no token has; pass it on as it "
                        "came");
    // Never by the claims: nobody has verified them, and whoever writes a name into them would be
    // given what is kept for that name.
    return Principal{std::string(context.cache.name("user-token\n" + token->value).view()), ""};
  }

  // Without an end, so that it is kept nowhere.
  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    WorkspaceToken token;
    token.token = Secret(context.settings.secret("user_token")->value);
    token.issued_ms = context.clock.wall_ms();
    return token;
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_user_token() {
  return std::make_unique<UserTokenSource>();
}

}  // namespace pglakebase
