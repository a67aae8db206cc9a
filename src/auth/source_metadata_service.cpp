#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"

namespace pglakebase {
namespace {

bool is_this_machine(std::string_view url) {
  std::string_view host = origin_of(url);
  if (!host.starts_with("http://") && !host.starts_with("https://")) return false;
  host.remove_prefix(host.find("://") + 3);
  host = host.substr(0, host.rfind(':'));
  return host == "localhost" || host == "127.0.0.1";
}

/// A program on this machine that signs in for others, such as the VS Code extension. Its address
/// is a secret: whoever knows it gets tokens.
class MetadataServiceSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "metadata-service"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Setting* url = context.settings.secret("metadata_service_url");
    if (url == nullptr)
      return NotConfigured{"no metadata_service_url (DATABRICKS_METADATA_SERVICE_URL)"};
    url_ = reveal_secret(context, *url);
    if (!is_this_machine(url_.reveal()))
      throw ConfigError("metadata_service_url (from " + url->origin() +
                        ") is not on this machine; only localhost and 127.0.0.1 are asked");
    Principal principal{std::string(context.cache.name("metadata\n" + url_.reveal()).view()), ""};
    principal.changing = true;
    return principal;
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const Setting& url = *context.settings.secret("metadata_service_url");
    HttpRequest request;
    request.url = url_.reveal();
    request.local = true;
    request.headers = {"Accept: application/json", "X-Databricks-Metadata-Version: 1",
                       "X-Databricks-Host: " + context.settings.workspace()};
    const Call call{"a workspace token", std::string(origin_of(url_.reveal())),
                    "the metadata service"};
    const std::int64_t asked_ms = context.clock.wall_ms();
    const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
      return "check that the service at metadata_service_url (from " + url.origin() +
             ") is signed in to " + context.settings.workspace();
    });
    const nlohmann::json answer = json_object(response, call);
    WorkspaceToken token;
    token.token = Secret(token_field(answer, "access_token", call));
    token.issued_ms = asked_ms;
    token.expires_ms = moment_field(answer, "expires_on", asked_ms, call);
    return token;
  }

 private:
  // What identify() saw: where the address is kept elsewhere, it may be another one by now.
  mutable Secret url_;
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_metadata_service() {
  return std::make_unique<MetadataServiceSource>();
}

}  // namespace pglakebase
