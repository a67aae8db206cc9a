#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/azure_identities.hpp"
#include "pglakebase/auth/entra.hpp"
#include "pglakebase/auth/key_vault.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/entra_client.hpp"

namespace pglakebase {
namespace {

constexpr std::string_view k_secret_in_vault = "databricks-client-secret";

WorkspaceToken ask(const SourceContext& context, const Setting& id, const Setting* secret_setting,
                   const Secret& secret, const std::string& origin, std::string_view resource) {
  return ask_entra(context, {azure_authority(context.settings, secret_setting),
                             azure_tenant(context),
                             id.value,
                             std::string(resource),
                             {{"client_secret", secret}},
                             id.origin() + ", " + origin});
}

/// A service principal of Entra with a client secret.
class AzureClientSecretSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "azure-client-secret"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    if (!is_azure(settings)) return NotConfigured{not_azure(settings)};
    if (client_is_entras(settings)) {
      const Setting* id = settings.find("client_id");
      if (id == nullptr) return NotConfigured{"no client_id (DATABRICKS_CLIENT_ID)"};
      if (settings.find("key_vault") == nullptr && settings.secret("client_secret") == nullptr)
        return NotConfigured{"neither key_vault (KEY_VAULT_NAME) nor client_secret"};
      return Principal{id->value, id->value};
    }
    if (const std::string lacks = azure_client_secret_lacks(settings); !lacks.empty())
      return NotConfigured{lacks};
    const std::string& id = settings.find("azure_client_id")->value;
    return Principal{id, id};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    return azure_workspace_token(context, [&](std::string_view resource) {
      return client_is_entras(context.settings)
                 ? entra_client_token(context, resource)
                 : std::get<WorkspaceToken>(azure_client_secret_token(context, resource));
    });
  }

 private:
  static WorkspaceToken entra_client_token(const SourceContext& context,
                                           std::string_view resource) {
    const Settings& settings = context.settings;
    const Setting& id = *settings.find("client_id");
    const Setting* fallback = settings.secret("client_secret");
    if (const Setting* vault = settings.find("key_vault")) {
      try {
        const Secret secret =
            key_vault_secret(context, vault->value, k_secret_in_vault, vault->origin());
        return ask(context, id, vault, secret,
                   std::string(k_secret_in_vault) + " in the key vault from " + vault->origin(),
                   resource);
      } catch (const KeyVaultError&) {
        if (fallback == nullptr) throw;
      }
    }
    return ask(context, id, fallback, reveal_secret(context, *fallback), fallback->origin(),
               resource);
  }
};

}  // namespace

std::string azure_client_secret_lacks(const Settings& settings) {
  if (settings.find("azure_client_id") == nullptr)
    return "no azure_client_id (ARM_CLIENT_ID, AZURE_CLIENT_ID)";
  if (settings.secret("azure_client_secret") == nullptr)
    return "no azure_client_secret (ARM_CLIENT_SECRET, AZURE_CLIENT_SECRET)";
  return {};
}

AzureToken azure_client_secret_token(const SourceContext& context, std::string_view resource) {
  const Settings& settings = context.settings;
  if (std::string lacks = azure_client_secret_lacks(settings); !lacks.empty())
    return NotConfigured{std::move(lacks)};
  const Setting& secret = *settings.secret("azure_client_secret");
  return ask(context, *settings.find("azure_client_id"), &secret, reveal_secret(context, secret),
             secret.origin(), resource);
}

std::unique_ptr<CredentialSource> make_source_azure_client_secret() {
  return std::make_unique<AzureClientSecretSource>();
}

}  // namespace pglakebase
