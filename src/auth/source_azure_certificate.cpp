#include <nlohmann/json.hpp>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/azure_identities.hpp"
#include "pglakebase/auth/entra.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "pglakebase/crypto/client_certificate.hpp"
#include "pglakebase/crypto/openssl_error.hpp"
#include "pglakebase/crypto/uuid.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_file = 1024 * 1024;
constexpr std::int64_t k_assertion_life_s = 600;

ClientCertificate load(const SourceContext& context, const Setting& path) {
  Text bytes;
  if (!read_regular_file(path.value.c_str(), k_longest_file, bytes))
    throw ConfigError("the certificate " + path.value + " (from " + path.origin() +
                      ") cannot be read; check the path and its permissions");
  const Setting* password = context.settings.secret("azure_client_certificate_password");
  try {
    return ClientCertificate::parse(
        bytes.view(), password != nullptr ? reveal_secret(context, *password).reveal() : "");
  } catch (const OpensslError& error) {
    throw ConfigError("the certificate " + path.value + " (from " + path.origin() +
                      ") cannot be used: " + error.what() +
                      "; give a PEM file with certificate and key, or a PKCS#12 file and its "
                      "azure_client_certificate_password");
  }
}

// MSAL-Go, apps/internal/oauth/ops/accesstokens: the header and claims that Entra wants.
Secret assertion(const SourceContext& context, const ClientCertificate& certificate,
                 const std::string& client_id, const std::string& endpoint) {
  const std::int64_t now_s = context.clock.wall_ms() / 1000;
  const nlohmann::json header = {
      {"alg", "PS256"}, {"typ", "JWT"}, {"x5t#S256", base64url(certificate.thumbprint())}};
  const nlohmann::json claims = {{"aud", endpoint},  {"iss", client_id},
                                 {"sub", client_id}, {"jti", random_uuid()},
                                 {"nbf", now_s},     {"exp", now_s + k_assertion_life_s}};
  const std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  return Secret(text + "." + base64url(certificate.sign_ps256(text)));
}

/// A service principal of Entra with a certificate.
class AzureCertificateSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "azure-client-certificate"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    if (!is_azure(settings)) return NotConfigured{not_azure(settings)};
    if (std::string lacks = azure_certificate_lacks(settings); !lacks.empty())
      return NotConfigured{std::move(lacks)};
    const std::string& id = settings.find("azure_client_id")->value;
    return Principal{id, id};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    return azure_workspace_token(context, [&](std::string_view resource) {
      return std::get<WorkspaceToken>(azure_certificate_token(context, resource));
    });
  }
};

}  // namespace

std::string azure_certificate_lacks(const Settings& settings) {
  if (settings.find("azure_client_id") == nullptr)
    return "no azure_client_id (ARM_CLIENT_ID, AZURE_CLIENT_ID)";
  if (settings.find("azure_client_certificate_path") == nullptr)
    return "no azure_client_certificate_path (AZURE_CLIENT_CERTIFICATE_PATH)";
  return {};
}

AzureToken azure_certificate_token(const SourceContext& context, std::string_view resource) {
  const Settings& settings = context.settings;
  if (std::string lacks = azure_certificate_lacks(settings); !lacks.empty())
    return NotConfigured{std::move(lacks)};
  const Setting& id = *settings.find("azure_client_id");
  const Setting& path = *settings.find("azure_client_certificate_path");
  const ClientCertificate certificate = load(context, path);
  EntraRequest request{azure_authority(settings, nullptr),
                       azure_tenant(context),
                       id.value,
                       std::string(resource),
                       {},
                       id.origin() + ", " + path.origin()};
  try {
    request.proof =
        assertion_fields(assertion(context, certificate, id.value, token_endpoint(request)));
  } catch (const OpensslError& error) {
    throw ConfigError("the certificate " + path.value + " (from " + path.origin() +
                      ") cannot be used: " + error.what() + "; give one with an RSA key");
  }
  return ask_entra(context, request);
}

std::unique_ptr<CredentialSource> make_source_azure_certificate() {
  return std::make_unique<AzureCertificateSource>();
}

}  // namespace pglakebase
