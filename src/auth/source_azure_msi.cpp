#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/entra.hpp"
#include "pglakebase/auth/managed_identity.hpp"
#include "pglakebase/auth/sources.hpp"

namespace pglakebase {
namespace {

/// The identity that Azure gives to the machine, app or container.
class AzureMsiSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "azure-msi"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    if (!uses_managed_identity(settings))
      return NotConfigured{"no azure_use_msi (ARM_USE_MSI, USE_MANAGED_IDENTITY)"};
    if (!is_azure(settings)) return NotConfigured{not_azure(settings)};
    return managed_identity_principal(settings);
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    return azure_workspace_token(context, [&](std::string_view resource) {
      return std::get<WorkspaceToken>(managed_identity_token(context, resource, true));
    });
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_azure_msi() {
  return std::make_unique<AzureMsiSource>();
}

}  // namespace pglakebase
