#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/azure_identities.hpp"
#include "pglakebase/auth/entra.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_assertion = 64 * 1024;

// The cluster writes a new one well before this one ends: read each time.
Secret read_assertion(const Setting& path) {
  Text text;
  if (!read_regular_file(path.value.c_str(), k_longest_assertion, text))
    throw ConfigError("the identity token " + path.value + " (from " + path.origin() +
                      ") cannot be read; check that the pod uses a service account with workload "
                      "identity");
  Secret assertion(trim(text.view()));
  if (assertion.empty())
    throw ConfigError("the identity token " + path.value + " (from " + path.origin() +
                      ") is empty; check the cluster's workload identity");
  return assertion;
}

/// The identity of a Kubernetes service account, as AKS federates it with Entra.
class AzureWorkloadIdentitySource final : public CredentialSource {
 public:
  std::string_view name() const override { return "azure-workload-identity"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    if (!is_azure(settings)) return NotConfigured{not_azure(settings)};
    if (std::string lacks = azure_workload_identity_lacks(settings); !lacks.empty())
      return NotConfigured{std::move(lacks)};
    const std::string& id = settings.find("azure_client_id")->value;
    return Principal{id, id};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    return azure_workspace_token(context, [&](std::string_view resource) {
      return std::get<WorkspaceToken>(azure_workload_identity_token(context, resource));
    });
  }
};

}  // namespace

std::string azure_workload_identity_lacks(const Settings& settings) {
  if (settings.find("azure_federated_token_file") == nullptr)
    return "no azure_federated_token_file (AZURE_FEDERATED_TOKEN_FILE)";
  if (settings.find("azure_client_id") == nullptr) return "no azure_client_id (AZURE_CLIENT_ID)";
  return {};
}

AzureToken azure_workload_identity_token(const SourceContext& context, std::string_view resource) {
  const Settings& settings = context.settings;
  if (std::string lacks = azure_workload_identity_lacks(settings); !lacks.empty())
    return NotConfigured{std::move(lacks)};
  const Setting& id = *settings.find("azure_client_id");
  const Setting& file = *settings.find("azure_federated_token_file");
  return ask_entra(context, {azure_authority(settings, &file), azure_tenant(context), id.value,
                             std::string(resource), assertion_fields(read_assertion(file)),
                             id.origin() + ", " + file.origin()});
}

std::unique_ptr<CredentialSource> make_source_azure_workload_identity() {
  return std::make_unique<AzureWorkloadIdentitySource>();
}

}  // namespace pglakebase
