#include "pglakebase/auth/entra.hpp"

#include <algorithm>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_refused_before_end_ms = 40'000;

}  // namespace

std::string token_endpoint(const EntraRequest& request) {
  return request.authority + "/" + percent_encoded(request.tenant) + "/oauth2/v2.0/token";
}

WorkspaceToken ask_entra(const SourceContext& context, const EntraRequest& asked) {
  const std::string scope = asked.resource + "/.default";
  std::vector<std::pair<std::string_view, std::string_view>> fields = {
      {"grant_type", "client_credentials"}, {"client_id", asked.client_id}, {"scope", scope}};
  for (const auto& [name, value] : asked.proof) fields.emplace_back(name, value.reveal());
  HttpRequest request;
  request.method = "POST";
  request.url = token_endpoint(asked);
  request.headers = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded"};
  request.body = form_encoded(fields);
  const std::string origin(origin_of(request.url));
  const std::int64_t asked_ms = context.clock.wall_ms();
  const Call call{"an Entra token for client id " + asked.client_id, origin, "Microsoft Entra"};
  const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
    return "check the client id and its proof (" + asked.origins + "), and the tenant " +
           asked.tenant;
  });
  return parse_token_response(response, asked_ms, origin);
}

std::vector<std::pair<std::string_view, Secret>> assertion_fields(const Secret& assertion) {
  return {{"client_assertion_type", Secret(k_jwt_bearer)}, {"client_assertion", assertion}};
}

WorkspaceToken azure_workspace_token(const SourceContext& context,
                                     const std::function<WorkspaceToken(std::string_view)>& ask,
                                     bool may_lack_management) {
  WorkspaceToken token = ask(k_azure_databricks);
  const std::string_view id = context.settings.get("azure_workspace_resource_id");
  if (!id.empty()) {
    token.headers.push_back({"X-Databricks-Azure-Workspace-Resource-Id", Secret(id)});
    try {
      const WorkspaceToken management = ask(azure_cloud(context.settings).management);
      token.headers.push_back({"X-Databricks-Azure-SP-Management-Token", management.token});
      token.expires_ms = std::min(token.expires_ms, management.expires_ms);
    } catch (const AuthError&) {
      if (!may_lack_management) throw;
    }
  }
  token.expires_ms -= k_refused_before_end_ms;
  return token;
}

}  // namespace pglakebase
