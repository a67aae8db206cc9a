#include "pglakebase/auth/federation.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

/// A job of GitHub Actions, which may ask GitHub for a token about itself.
class GithubOidcSource final : public FederatedSource {
 public:
  std::string_view name() const override { return "github-oidc"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* url = context.settings.secret("actions_id_token_request_url");
    const Setting* token = context.settings.secret("actions_id_token_request_token");
    if (url == nullptr || token == nullptr)
      return NotConfigured{
          std::string("no ") +
          (url == nullptr ? "ACTIONS_ID_TOKEN_REQUEST_URL" : "ACTIONS_ID_TOKEN_REQUEST_TOKEN") +
          " (GitHub sets it in jobs with \"permissions: id-token: write\")"};
    return principal(context, url->value + "\n" + token->value);
  }

 private:
  Secret id_token(const SourceContext& context, const std::string& audience) const override {
    const Setting& url = *context.settings.secret("actions_id_token_request_url");
    const Setting& token = *context.settings.secret("actions_id_token_request_token");
    HttpRequest request;
    request.url = url.value + (url.value.find('?') == std::string::npos ? "?" : "&") +
                  "audience=" + percent_encoded(audience);
    request.headers = {"Accept: application/json", "Authorization: Bearer " + token.value};
    return ask_id_token(context, request,
                        {"the job's identity token", std::string(origin_of(url.value)), "GitHub"},
                        "value",
                        "give the job \"permissions: id-token: write\", and pass on GitHub's "
                        "variables as they are");
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_github_oidc() {
  return std::make_unique<GithubOidcSource>();
}

}  // namespace pglakebase
