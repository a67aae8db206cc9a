#include <algorithm>

#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"

namespace pglakebase {
namespace {

/// A personal access token, or any other bearer that the workspace takes.
class PatSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "pat"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* token = context.settings.secret("token");
    if (token == nullptr) return NotConfigured{"no token (DATABRICKS_TOKEN)"};
    token_ = reveal_secret(context, *token);
    const std::string& value = token_.reveal();
    if (!std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
      throw ConfigError("the token from " + token->origin() +
                        " holds blanks or other characters that no token has; copy it again");
    // The token alone says who it is: its keyed digest stands for it.
    return Principal{std::string(context.cache.name("pat\n" + value).view()), ""};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    WorkspaceToken token;
    token.token = token_;
    token.issued_ms = context.clock.wall_ms();
    return token;
  }

 private:
  // What identify() saw: where the token is kept elsewhere, it may be another one by now.
  mutable Secret token_;
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_pat() {
  return std::make_unique<PatSource>();
}

}  // namespace pglakebase
