#include "pglakebase/auth/managed_identity.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/token_end.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

// Addresses, versions and names of parameters: MSAL-Go, apps/managedidentity/managedidentity.go.
constexpr const char* k_imds = "http://169.254.169.254/metadata/identity/oauth2/token";
constexpr const char* k_arc = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
constexpr const char* k_arc_agent = "/opt/azcmagent/bin/himds";
constexpr std::string_view k_arc_keys = "/var/opt/azcmagent/tokens/";
constexpr std::size_t k_longest_key = 4096;
// Where the metadata service is being updated, it says so.
constexpr int k_tries = 3;
constexpr std::int64_t k_pause_ms = 1'000;

// As Go's strconv.ParseBool has it.
bool is_true(std::string_view value) {
  return equals_ignoring_case(value, "true") || equals_ignoring_case(value, "t") || value == "1";
}

enum class Host { app_service, older_app_service, cloud_shell, arc, machine };

Host host_of(const Settings& settings) {
  const bool endpoint = settings.find("identity_endpoint") != nullptr;
  if (endpoint && settings.find("identity_header") != nullptr) {
    if (settings.find("identity_server_thumbprint") != nullptr)
      throw ConfigError(
          "the managed identity of a Service Fabric cluster (IDENTITY_SERVER_THUMBPRINT) is not "
          "supported; sign in with a service principal (azure_client_id and azure_client_secret)");
    return Host::app_service;
  }
  if (settings.find("msi_endpoint") != nullptr)
    return settings.find("msi_secret") != nullptr ? Host::older_app_service : Host::cloud_shell;
  if ((endpoint && settings.find("imds_endpoint") != nullptr) || ::access(k_arc_agent, F_OK) == 0)
    return Host::arc;
  return Host::machine;
}

/// Which of several identities is meant.
struct Selector {
  const char* parameter = nullptr;  ///< of the metadata service; null: the system's own
  const Setting* setting = nullptr;
};

Selector selector_of(const Settings& settings) {
  Selector chosen;
  for (const auto& [input, parameter] : {std::pair{"azure_client_id", "client_id"},
                                         {"managed_identity_object_id", "object_id"},
                                         {"managed_identity_resource_id", "msi_res_id"}}) {
    const Setting* setting = settings.find(input);
    if (setting == nullptr) continue;
    // A more particular setting than the client id, which others use, too.
    chosen = {parameter, setting};
  }
  return chosen;
}

// What Azure gives its machines may be kept elsewhere, too, where somebody passes it on.
std::string secret_of(const SourceContext& context, std::string_view input) {
  std::string secret = reveal_secret(context, *context.settings.find(input)).reveal();
  if (std::any_of(secret.begin(), secret.end(), [](char c) { return c < 0x20 || c == 0x7f; }))
    throw ConfigError("the secret from " + context.settings.find(input)->origin() +
                      " has more than one line or other control characters; store it as Azure "
                      "gave it");
  return secret;
}

HttpRequest token_request(const SourceContext& context, Host host, std::string_view resource) {
  const Settings& settings = context.settings;
  const Selector selector = selector_of(settings);
  std::string parameter = selector.parameter != nullptr ? selector.parameter : "";
  std::vector<std::pair<std::string_view, std::string_view>> query;
  HttpRequest request;
  request.local = true;
  switch (host) {
    case Host::app_service:
      request.url = settings.get("identity_endpoint");
      request.headers = {"X-IDENTITY-HEADER: " + secret_of(context, "identity_header")};
      query.emplace_back("api-version", "2019-08-01");
      if (parameter == "msi_res_id") parameter = "mi_res_id";
      break;
    case Host::older_app_service:
      request.url = settings.get("msi_endpoint");
      request.headers = {"secret: " + secret_of(context, "msi_secret")};
      query.emplace_back("api-version", "2017-09-01");
      if (parameter == "client_id") parameter = "clientid";
      break;
    case Host::cloud_shell:
      request.method = "POST";
      request.url = settings.get("msi_endpoint");
      request.headers = {"Metadata: true", "Content-Type: application/x-www-form-urlencoded"};
      request.body = form_encoded({{"resource", resource}});
      return request;
    case Host::arc:
      request.url = settings.find("identity_endpoint") != nullptr
                        ? std::string(settings.get("identity_endpoint"))
                        : k_arc;
      request.headers = {"Metadata: true"};
      query.emplace_back("api-version", "2020-06-01");
      break;
    case Host::machine:
      request.url = k_imds;
      request.headers = {"Metadata: true"};
      query.emplace_back("api-version", "2018-02-01");
      break;
  }
  query.emplace_back("resource", resource);
  if (selector.setting != nullptr) query.emplace_back(parameter, selector.setting->value);
  request.url += (request.url.find('?') == std::string::npos ? "?" : "&") + form_encoded(query);
  return request;
}

// The agent proves that it knows a file which only those who may use the identity can read.
Secret arc_key(const HttpResponse& response, const Call& call) {
  constexpr std::string_view k_realm = "Basic realm=";
  std::string_view path = response.challenge;
  if (!path.starts_with(k_realm)) throw_unexpected(call, "it names no key file");
  path = trim(path.substr(k_realm.size()));
  const bool ours = path.starts_with(k_arc_keys) && path.ends_with(".key") &&
                    path.substr(k_arc_keys.size()).find('/') == std::string_view::npos;
  if (!ours) throw_unexpected(call, "it names a key file that is not the agent's");
  const UniqueFd file(
      ::open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  Text key;
  if (file.get() < 0 || !read_all(file.get(), k_longest_key, key) || key.empty())
    throw AuthError("the key of Azure Arc's agent (" + std::string(path) +
                        ") cannot be read; let this user be a member of the group himds",
                    true, AuthError::k_permanent_hold_ms);
  return Secret(trim(key.view()));
}

HttpResponse send(const SourceContext& context, HttpRequest request, Host host, const Call& call) {
  const auto remedy = [&](int status) -> std::string {
    if (status == 400)
      return "give this machine or app a managed identity, and check azure_client_id where one is "
             "chosen";
    return "check that this machine or app has a managed identity";
  };
  if (host == Host::arc) {
    const HttpResponse challenge = context.http.send(request);
    if (challenge.status == 401)
      request.headers.push_back("Authorization: Basic " + arc_key(challenge, call).reveal());
  }
  for (int left = k_tries;; --left) {
    try {
      return send_expecting_success(context.http, request, call, remedy);
    } catch (const AuthError& error) {
      const bool updating =
          error.status() == 410 || (error.status() == 404 && !request.only_looking);
      if (host != Host::machine || !updating || left <= 1 ||
          context.time_left_ms(2 * k_pause_ms) < 2 * k_pause_ms)
        throw;
    }
    context.clock.sleep_ms(k_pause_ms);
  }
}

WorkspaceToken parse(const SourceContext& context, const HttpResponse& response,
                     std::int64_t asked_ms, const Call& call) {
  const nlohmann::json answer = json_object(response, call);
  WorkspaceToken token;
  token.token = Secret(token_field(answer, "access_token", call));
  token.issued_ms = asked_ms;
  if (const auto end = answer.find("expires_on"); end != answer.end())
    token.expires_ms = parse_expires_on(*end).value_or(0);
  if (token.expires_ms == 0) {
    const auto life = answer.find("expires_in");
    const auto seconds = life == answer.end() ? std::nullopt : parse_expires_in(*life);
    if (!seconds) throw_unexpected(call, "neither expires_on nor expires_in is a time");
    token.expires_ms = asked_ms + *seconds * 1000;
  }
  if (token.expires_ms <= context.clock.wall_ms())
    throw_unexpected(call, "the token has ended already; the clock of this machine may be wrong");
  return token;
}

}  // namespace

bool uses_managed_identity(const Settings& settings) {
  return is_true(settings.get("azure_use_msi")) || is_true(settings.get("use_managed_identity"));
}

Settings without_secrets(const Settings& settings,
                         const std::function<bool(const Setting& setting)>& elsewhere) {
  constexpr std::string_view identity[] = {"azure_use_msi", "use_managed_identity",
                                           "identity_endpoint", "msi_endpoint"};
  bool other_identity = false;
  for (const char* input : {"identity_header", "msi_secret"}) {
    const Setting* secret = settings.find(input);
    other_identity = other_identity || (secret != nullptr && elsewhere(*secret));
  }
  return settings.without([&](std::string_view input, const Setting& setting) {
    return elsewhere(setting) ||
           (other_identity &&
            std::find(std::begin(identity), std::end(identity), input) != std::end(identity));
  });
}

Principal managed_identity_principal(const Settings& settings) {
  const Host host = host_of(settings);
  const Selector selector = selector_of(settings);
  if (selector.setting == nullptr) return {"system", ""};
  if (host == Host::arc || host == Host::cloud_shell)
    throw ConfigError((host == Host::arc ? "Azure Arc" : "Cloud Shell") +
                      std::string(" has one managed identity only; unset ") +
                      selector.setting->origin());
  const bool by_client_id = std::string_view(selector.parameter) == "client_id";
  return {std::string(selector.parameter) + " " + selector.setting->value,
          by_client_id ? selector.setting->value : ""};
}

std::variant<NotConfigured, WorkspaceToken> managed_identity_token(const SourceContext& context,
                                                                   std::string_view resource,
                                                                   bool expected) {
  const Host host = host_of(context.settings);
  HttpRequest request = token_request(context, host, resource);
  const Call call{"a token of the managed identity", std::string(origin_of(request.url)),
                  "the managed identity service"};
  // Nobody said that there is one: who waits here may be on a machine of another cloud.
  const bool only_looking = !expected && host == Host::machine;
  request.only_looking = only_looking;
  if (only_looking) request.timeout_ms = k_pause_ms;
  const std::int64_t asked_ms = context.clock.wall_ms();
  try {
    return parse(context, send(context, request, host, call), asked_ms, call);
  } catch (const HttpError& error) {
    throw AuthError("asking for " + call.what + " failed: " + error.what(), false,
                    AuthError::k_unreachable_hold_ms);
  } catch (const AuthError& error) {
    // The metadata services of other clouds stand at the same address, and refuse what they do not
    // know.
    const bool refused = error.status() < 500 && error.status() != 429 && error.status() != 410;
    if (only_looking && refused)
      return NotConfigured{std::string("no managed identity (") + error.what() + ")"};
    throw;
  }
}

}  // namespace pglakebase
