#include "pglakebase/auth/federation.hpp"
#include "pglakebase/auth/identity_token.hpp"
#include "pglakebase/auth/sources.hpp"

namespace pglakebase {
namespace {

/// An identity token in a file that somebody keeps fresh, such as Kubernetes.
class FileOidcSource final : public FederatedSource {
 public:
  std::string_view name() const override { return "file-oidc"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* file = context.settings.secret("databricks_id_token_filepath");
    if (file == nullptr)
      return NotConfigured{"no databricks_id_token_filepath (DATABRICKS_OIDC_TOKEN_FILEPATH)"};
    if (context.settings.find("client_id") != nullptr) return principal(context, {});
    return principal(context, stated_identity(identity_token_file(file->value, file->origin())));
  }

 private:
  Secret id_token(const SourceContext& context, const std::string&) const override {
    const Setting& file = *context.settings.secret("databricks_id_token_filepath");
    return Secret(identity_token_file(file.value, file.origin()));
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_file_oidc() {
  return std::make_unique<FileOidcSource>();
}

}  // namespace pglakebase
