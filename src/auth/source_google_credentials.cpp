#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/google.hpp"
#include "pglakebase/auth/sources.hpp"

namespace pglakebase {
namespace {

/// A Google service account, by its key.
class GoogleCredentialsSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "google-credentials"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* setting = context.settings.secret("google_credentials");
    if (setting == nullptr) return NotConfigured{"no google_credentials (GOOGLE_CREDENTIALS)"};
    if (!is_on_google_cloud(context.settings))
      return NotConfigured{"the workspace is not on Google Cloud (DATABRICKS_CLOUD)"};
    return Principal{read_google_key(context, *setting).email, ""};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const GoogleKey key = read_google_key(context, *context.settings.secret("google_credentials"));
    const std::int64_t asked_ms = context.clock.wall_ms();
    const Secret id_token =
        ask_google(context, key, {k_google_audience, context.settings.workspace()});
    Secret access_token;
    try {
      access_token = ask_google(
          context, key, {k_google_scope, std::string(k_google_platform) + " " + k_google_compute});
    } catch (const AuthError&) {
      // Most workspaces do without it, as the SDKs do.
    }
    return google_workspace_token(id_token, access_token, asked_ms,
                                  std::string(origin_of(key.token_uri)));
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_google_credentials() {
  return std::make_unique<GoogleCredentialsSource>();
}

}  // namespace pglakebase
