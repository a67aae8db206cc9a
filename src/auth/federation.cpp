#include "pglakebase/auth/federation.hpp"

#include <nlohmann/json.hpp>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/scopes.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

std::string remedy(const SourceContext& context, const std::string& audience) {
  const Setting* id = context.settings.find("client_id");
  const std::string expected = ": its issuer and subject must be the token's, its audience " +
                               audience + " (another can be set with audience)";
  if (id == nullptr)
    return "name the service principal (DATABRICKS_CLIENT_ID), or check the account's federation "
           "policy" +
           expected;
  return "check the federation policy of the service principal " + id->value + " (from " +
         id->origin() + ")" + expected;
}

bool refused(const AuthError& error) {
  return error.status() >= 400 && error.status() <= 403;
}

}  // namespace

std::variant<NotConfigured, WorkspaceToken> FederatedSource::get(
    const SourceContext& context) const {
  const Settings& settings = context.settings;
  bool exchanging = false;
  try {
    return at_token_endpoint(context, [&](const std::string& endpoint) {
      const std::string audience(settings.get("audience").empty() ? endpoint
                                                                  : settings.get("audience"));
      exchanging = false;
      const Secret assertion = id_token(context, audience);
      exchanging = true;
      const std::string scope = scopes(settings);
      std::vector<std::pair<std::string_view, std::string_view>> form = {
          {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
          {"subject_token", assertion.reveal()},
          {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
          {"scope", scope}};
      if (const Setting* id = settings.find("client_id")) form.emplace_back("client_id", id->value);
      return ask_token(
          context, endpoint, form, {},
          "a workspace token in exchange for the identity token of " + std::string(name()),
          [&](int) { return remedy(context, audience); });
    });
  } catch (const AuthError& error) {
    if (!exchanging || !refused(error) || settings.find("client_id") != nullptr) throw;
    return NotConfigured{error.what()};
  }
}

Principal FederatedSource::principal(const SourceContext& context, std::string_view otherwise) {
  if (const Setting* id = context.settings.find("client_id")) return {id->value, id->value};
  return {std::string(context.cache.name("federated\n" + std::string(otherwise)).view()), ""};
}

Secret ask_id_token(const SourceContext& context, const HttpRequest& request, const Call& call,
                    const char* field, const std::string& remedy) {
  const HttpResponse response =
      send_expecting_success(context.http, request, call, [&](int) { return remedy; });
  return Secret(token_field(json_object(response, call), field, call));
}

std::string stated_identity(const std::string& token) {
  const std::size_t first = token.find('.');
  if (first == std::string::npos) return token;
  const std::size_t second = token.find('.', first + 1);
  const auto payload = base64url_decoded(std::string_view(token).substr(
      first + 1, second == std::string::npos ? second : second - first - 1));
  if (!payload) return token;
  const auto claims = nlohmann::json::parse(*payload, nullptr, /*allow_exceptions=*/false);
  if (!claims.is_object()) return token;
  std::string stated;
  for (const char* claim : {"iss", "sub"}) {
    const auto found = claims.find(claim);
    if (found == claims.end() || !found->is_string()) return token;
    stated += found->get_ref<const std::string&>() + "\n";
  }
  return stated;
}

}  // namespace pglakebase
