#include <unistd.h>

#include <cerrno>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/google_file.hpp"
#include "pglakebase/auth/google_iam.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_metadata_host = "169.254.169.254";
constexpr const char* k_metadata_path =
    "/computeMetadata/v1/instance/service-accounts/default/token?scopes=";
constexpr const char* k_login_file = "/.config/gcloud/application_default_credentials.json";

/// A Google service account that this machine, a key, or somebody who has logged in may act as.
class GoogleIdSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "google-id"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* account = context.settings.find("google_service_account");
    if (account == nullptr)
      return NotConfigured{"no google_service_account (DATABRICKS_GOOGLE_SERVICE_ACCOUNT)"};
    if (!is_on_google_cloud(context.settings))
      return NotConfigured{"the workspace is not on Google Cloud (DATABRICKS_CLOUD)"};
    return Principal{account->value, ""};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const Setting& account = *context.settings.find("google_service_account");
    const GoogleActor actor = who_acts(context, account);
    const std::int64_t asked_ms = context.clock.wall_ms();
    const Secret id_token = google_id_token(context, actor, account.value);
    Secret access_token;
    try {
      access_token = google_account_token(
          context, actor, google_account_url(account.value, "generateAccessToken"), {},
          std::string(k_google_platform) + " " + k_google_compute);
    } catch (const AuthError&) {
      // Most workspaces do without it, as the SDKs do.
    }
    return google_workspace_token(id_token, access_token, asked_ms, k_google_iam);
  }

 private:
  // Google's order: the file that GOOGLE_APPLICATION_CREDENTIALS names, a login of gcloud, else the
  // machine itself.
  static GoogleActor who_acts(const SourceContext& context, const Setting& account) {
    const auto may = [&](const std::string& who) {
      return "the service account's name (from " + account.origin() + "), and give " + who +
             " the role iam.serviceAccountTokenCreator on it";
    };
    const Setting* named = context.settings.find("google_application_credentials");
    const std::string login = login_file();
    if (named == nullptr && login.empty())
      return {machine_token(context), "", may("this machine's own")};
    const GoogleFile file =
        named != nullptr ? read_google_file(context, *named) : read_google_file(login, login);
    return {google_access_token(context, file, k_google_platform), file.quota_project(),
            may("who stands in the credentials (from " + file.origin + ")")};
  }

  // Empty if nobody has logged in. One that may not be read is no reason to be somebody else.
  static std::string login_file() {
    const char* home = environment("HOME");
    if (home == nullptr) return {};
    std::string path = std::string(home) + k_login_file;
    const bool absent = ::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
    return absent ? std::string() : path;
  }

  static Secret machine_token(const SourceContext& context) {
    const Setting* given = context.settings.find("google_metadata_host");
    HttpRequest request;
    request.url = "http://" + (given != nullptr ? given->value : k_metadata_host) +
                  k_metadata_path + percent_encoded(k_google_platform);
    request.local = true;
    request.headers = {"Metadata-Flavor: Google"};
    const Call call{"this machine's own token", std::string(origin_of(request.url)),
                    "the metadata server"};
    const HttpResponse response = send_expecting_success(context.http, request, call, [](int) {
      return "give the machine a service account with the scope cloud-platform, set "
             "GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login";
    });
    return Secret(token_field(json_object(response, call), "access_token", call));
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_google_id() {
  return std::make_unique<GoogleIdSource>();
}

}  // namespace pglakebase
