#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/entra.hpp"
#include "pglakebase/auth/github.hpp"
#include "pglakebase/auth/sources.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_audience = "api://AzureADTokenExchange";

/// A job of GitHub Actions that an Entra application trusts.
class GithubOidcAzureSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "github-oidc-azure"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    if (!is_azure(settings)) return NotConfigured{not_azure(settings)};
    const Setting* id = settings.find("azure_client_id");
    if (id == nullptr) return NotConfigured{"no azure_client_id (ARM_CLIENT_ID, AZURE_CLIENT_ID)"};
    if (std::string lacks = github_lacks(settings); !lacks.empty())
      return NotConfigured{std::move(lacks)};
    return Principal{id->value, id->value};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    const Setting& id = *settings.find("azure_client_id");
    const Setting* url = settings.secret("actions_id_token_request_url");
    const Secret assertion = github_id_token(context, k_audience);
    const std::string authority = azure_authority(settings, url);
    const std::string tenant = azure_tenant(context);
    return azure_workspace_token(context, [&](std::string_view resource) {
      return ask_entra(
          context, {authority, tenant, id.value, std::string(resource), assertion_fields(assertion),
                    id.origin() + ", the federated credential for this job"});
    });
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_github_oidc_azure() {
  return std::make_unique<GithubOidcAzureSource>();
}

}  // namespace pglakebase
