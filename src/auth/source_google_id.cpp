#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/google.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_iam = "https://iamcredentials.googleapis.com";
constexpr const char* k_metadata_host = "169.254.169.254";
constexpr const char* k_metadata_path =
    "/computeMetadata/v1/instance/service-accounts/default/token?scopes=";

/// A Google service account that this machine, or a key, may act as.
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
    const Secret own = own_token(context);
    const std::int64_t asked_ms = context.clock.wall_ms();
    const nlohmann::json audience = {{"audience", context.settings.workspace()},
                                     {"includeEmail", true}};
    const Secret id_token = act(context, own, "generateIdToken", audience, "token");
    Secret access_token;
    try {
      const nlohmann::json scope = {
          {"scope", nlohmann::json::array({k_google_platform, k_google_compute})},
          {"lifetime", "3600s"}};
      access_token = act(context, own, "generateAccessToken", scope, "accessToken");
    } catch (const AuthError&) {
      // Most workspaces do without it, as the SDKs do.
    }
    return google_workspace_token(id_token, access_token, asked_ms, k_iam);
  }

 private:
  // Google's order: a key that GOOGLE_APPLICATION_CREDENTIALS names, else the machine itself.
  static Secret own_token(const SourceContext& context) {
    if (const Setting* file = context.settings.find("google_application_credentials"))
      return ask_google(context, read_google_key(context, *file),
                        {k_google_scope, k_google_platform});
    const Setting* given = context.settings.find("google_metadata_host");
    HttpRequest request;
    request.url = "http://" + (given != nullptr ? given->value : k_metadata_host) +
                  k_metadata_path + percent_encoded(k_google_platform);
    request.local = true;
    request.headers = {"Metadata-Flavor: Google"};
    const Call call{"this machine's own token", std::string(origin_of(request.url)),
                    "the metadata server"};
    const HttpResponse response = send_expecting_success(context.http, request, call, [](int) {
      return "give the machine a service account with the scope cloud-platform, or set "
             "GOOGLE_APPLICATION_CREDENTIALS";
    });
    return Secret(token_field(json_object(response, call), "access_token", call));
  }

  static Secret act(const SourceContext& context, const Secret& own, const std::string& verb,
                    const nlohmann::json& body, const char* field) {
    const Setting& account = *context.settings.find("google_service_account");
    const Call call{"an ID token for " + account.value, k_iam, "Google"};
    HttpRequest request;
    request.method = "POST";
    request.url = std::string(k_iam) + "/v1/projects/-/serviceAccounts/" +
                  percent_encoded(account.value) + ":" + verb;
    request.headers = {"Accept: application/json", "Content-Type: application/json",
                       "Authorization: Bearer " + own.reveal()};
    request.body = body.dump();
    const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
      return "check the service account's name (from " + account.origin() +
             "), and give this machine's own the role iam.serviceAccountTokenCreator on it";
    });
    return Secret(token_field(json_object(response, call), field, call));
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_google_id() {
  return std::make_unique<GoogleIdSource>();
}

}  // namespace pglakebase
