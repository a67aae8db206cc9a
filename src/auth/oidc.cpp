#include "pglakebase/auth/oidc.hpp"

#include <algorithm>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_token_path = "/oidc/v1/token";
constexpr const char* k_discovery_path = "/oidc/.well-known/oauth-authorization-server";
constexpr std::int64_t k_longest_life_s = 30 * 24 * 3600;

// A number, or a text of digits (Microsoft's first API).
std::int64_t number_field(const nlohmann::json& object, const char* name, const Call& call) {
  const auto field = object.find(name);
  std::int64_t seconds = 0;
  if (field != object.end() && field->is_number_integer()) {
    seconds = field->get<std::int64_t>();
  } else if (field == object.end() || !field->is_string() ||
             !parse_number(field->get_ref<const std::string&>(), seconds)) {
    throw_unexpected(call, std::string(name) + " is missing or no number");
  }
  return seconds;
}

void check_life(std::int64_t seconds, const Call& call) {
  if (seconds <= 0 || seconds > k_longest_life_s)
    throw_unexpected(call, "a token came that has ended already or never ends");
}

}  // namespace

std::string discover_token_endpoint(HttpClient& http, const std::string& url) {
  const Call call{"the address of the token endpoint", std::string(origin_of(url))};
  HttpRequest request;
  request.url = url;
  request.headers = {"Accept: application/json"};
  const HttpResponse response = send_expecting_success(http, request, call, [](int) {
    return "check the workspace's address and discovery_url (DATABRICKS_DISCOVERY_URL)";
  });
  std::string endpoint = string_field(json_object(response, call), "token_endpoint", call);
  if (!endpoint.starts_with("https://")) throw_unexpected(call, "it is no https address");
  return endpoint;
}

WorkspaceToken parse_token_response(const HttpResponse& response, std::int64_t asked_ms,
                                    const std::string& origin) {
  const Call call{"a workspace token", origin};
  const nlohmann::json answer = json_object(response, call);
  WorkspaceToken token;
  token.token = Secret(token_field(answer, "access_token", call));
  if (!equals_ignoring_case(string_field(answer, "token_type", call), "Bearer"))
    throw_unexpected(call, "token_type is not Bearer");
  token.issued_ms = asked_ms;
  const std::int64_t life_s = number_field(answer, "expires_in", call);
  check_life(life_s, call);
  token.expires_ms = asked_ms + life_s * 1000;
  return token;
}

std::int64_t moment_field(const nlohmann::json& object, const char* name, std::int64_t now_ms,
                          const Call& call) {
  const std::int64_t moment_s = number_field(object, name, call);
  check_life(std::max<std::int64_t>(moment_s, 0) - now_ms / 1000, call);
  return moment_s * 1000;
}

WorkspaceToken at_token_endpoint(const SourceContext& context,
                                 const std::function<WorkspaceToken(const std::string&)>& ask) {
  const std::string& workspace = context.settings.workspace();
  const std::string given(context.settings.get("discovery_url"));
  if (!given.empty()) return ask(discover_token_endpoint(context.http, given));
  try {
    return ask(workspace + k_token_path);
  } catch (const AuthError& error) {
    if (error.status() != 404) throw;
  }
  return ask(discover_token_endpoint(context.http, workspace + k_discovery_path));
}

void check_discovery(const Settings& settings, const Setting& secret) {
  const Setting* url = settings.find("discovery_url");
  if (url == nullptr || url->level == Level::directive || url->level == secret.level) return;
  throw ConfigError("the secret from " + secret.origin() + " is not sent where " + url->origin() +
                    " says; give both in the same place, or unset the latter");
}

WorkspaceToken ask_token(const SourceContext& context, const std::string& endpoint,
                         const std::vector<std::pair<std::string_view, std::string_view>>& form,
                         const std::vector<std::string>& headers, const std::string& what,
                         const std::function<std::string(int)>& remedy) {
  HttpRequest request;
  request.method = "POST";
  request.url = endpoint;
  request.headers = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded"};
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
  request.body = form_encoded(form);
  const std::int64_t asked_ms = context.clock.wall_ms();
  const std::string origin(origin_of(endpoint));
  const HttpResponse response =
      send_expecting_success(context.http, request, {what, origin}, remedy);
  return parse_token_response(response, asked_ms, origin);
}

}  // namespace pglakebase
