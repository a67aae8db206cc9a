#include "pglakebase/auth/federation.hpp"
#include "pglakebase/auth/github.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr std::string_view k_request_token = "actions_id_token_request_token";

/// A job of GitHub Actions, which may ask GitHub for a token about itself.
class GithubOidcSource final : public FederatedSource {
 public:
  std::string_view name() const override { return "github-oidc"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    if (std::string lacks = github_lacks(context.settings); !lacks.empty())
      return NotConfigured{std::move(lacks)};
    return principal(context, context.settings.secret("actions_id_token_request_url")->value +
                                  "\n" + reveal_secret(context, k_request_token).reveal());
  }

 private:
  Secret id_token(const SourceContext& context, const std::string& audience) const override {
    return github_id_token(context, audience);
  }
};

}  // namespace

std::string github_lacks(const Settings& settings) {
  const bool has_url = settings.secret("actions_id_token_request_url") != nullptr;
  if (has_url && settings.secret(k_request_token) != nullptr) return {};
  return std::string("no ") +
         (has_url ? "ACTIONS_ID_TOKEN_REQUEST_TOKEN" : "ACTIONS_ID_TOKEN_REQUEST_URL") +
         " (GitHub sets it in jobs with \"permissions: id-token: write\")";
}

Secret github_id_token(const SourceContext& context, const std::string& audience) {
  const Setting& url = *context.settings.secret("actions_id_token_request_url");
  HttpRequest request;
  request.url = url.value + (url.value.find('?') == std::string::npos ? "?" : "&") +
                "audience=" + percent_encoded(audience);
  request.headers = {"Accept: application/json",
                     "Authorization: Bearer " + reveal_secret(context, k_request_token).reveal()};
  return ask_id_token(context, request,
                      {"the job's identity token", std::string(origin_of(url.value)), "GitHub"},
                      "value",
                      "give the job \"permissions: id-token: write\", and pass on GitHub's "
                      "variables as they are");
}

std::unique_ptr<CredentialSource> make_source_github_oidc() {
  return std::make_unique<GithubOidcSource>();
}

}  // namespace pglakebase
