#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/google_file.hpp"
#include "pglakebase/auth/google_iam.hpp"
#include "pglakebase/auth/sources.hpp"

namespace pglakebase {
namespace {

/// A Google service account: by its key, or by whoever may act as it.
class GoogleCredentialsSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "google-credentials"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* setting = context.settings.secret("google_credentials");
    if (setting == nullptr) return NotConfigured{"no google_credentials (GOOGLE_CREDENTIALS)"};
    if (!is_on_google_cloud(context.settings))
      return NotConfigured{"the workspace is not on Google Cloud (DATABRICKS_CLOUD)"};
    const GoogleFile file = read_google_file(context, *setting);
    return Principal{acts(file) ? account(file) : google_key(file).email, ""};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const GoogleFile file =
        read_google_file(context, *context.settings.secret("google_credentials"));
    const std::int64_t asked_ms = context.clock.wall_ms();
    const Secret id_token = acts(file)
                                ? acting_id_token(context, file)
                                : ask_google(context, google_key(file),
                                             {k_google_audience, context.settings.workspace()});
    Secret access_token;
    try {
      access_token = google_access_token(context, file,
                                         std::string(k_google_platform) + " " + k_google_compute);
    } catch (const AuthError&) {
      // Most workspaces do without it, as the SDKs do.
    }
    return google_workspace_token(id_token, access_token, asked_ms,
                                  acts(file) ? k_google_iam : google_key(file).token_uri);
  }

 private:
  static bool acts(const GoogleFile& file) {
    return file.type() == "impersonated_service_account" || file.type() == "external_account";
  }

  static std::string account(const GoogleFile& file) {
    std::string account = file.acts_as();
    if (account.empty())
      refuse_google_file(file.origin, "service_account_impersonation_url is missing");
    return account;
  }

  // As the SDK has it, the account asks for its own ID token.
  static Secret acting_id_token(const SourceContext& context, const GoogleFile& file) {
    const std::string name = account(file);
    return google_id_token(
        context,
        {google_access_token(context, file, k_google_platform), file.quota_project(),
         "that " + name + " has the role iam.serviceAccountTokenCreator on itself"},
        name);
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_google_credentials() {
  return std::make_unique<GoogleCredentialsSource>();
}

}  // namespace pglakebase
