#include "pglakebase/auth/database_credential.hpp"

#include <algorithm>
#include <cstdlib>

#include "pglakebase/auth/jwt.hpp"
#include "pglakebase/auth/rfc3339.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/crypto/uuid.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

// The Date header counts whole seconds, and answers travel.
constexpr std::int64_t k_clocks_agree_ms = 2'000;
// What Lakebase gives at most. An end that lies later is not believed: the token would be used
// long after its real one.
constexpr std::int64_t k_longest_life_ms = 3'600'000;

json claims(const Setting& setting) {
  json parsed = json::parse(setting.value, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_array())
    throw ConfigError(
        "the claims from " + setting.origin() +
        " are no JSON array; write them like "
        "[{\"permission_set\":\"READ_ONLY\",\"resources\":[{\"table_name\":\"a.b.c\"}]}]");
  return parsed;
}

// "900s" or "900".
std::string ttl(const Setting& setting) {
  std::string digits = setting.value;
  if (digits.ends_with('s')) digits.pop_back();
  if (digits.empty() || digits.size() > 6 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    throw ConfigError("the ttl from " + setting.origin() +
                      " is none; give seconds, 300 to 3600, such as ttl=900");
  return digits + "s";
}

std::string remedy(int status, const Target& target, const Settings& settings) {
  const std::string named =
      (target.kind == Target::Kind::endpoint ? "the endpoint " : "the instance ") + target.name +
      " (from " + target.origin + ")";
  const Setting* user_token = settings.find("user_token");
  const Setting* group = settings.find("group");
  const Setting* ttl = settings.find("ttl");
  switch (status) {
    case 401:
      return "the workspace did not accept the token; check that the identity belongs to this "
             "workspace";
    case 403:
      return "give the identity the right to use " + named + " in the workspace" +
             (user_token != nullptr ? ", and the user token the scope postgres" : "");
    case 404:
      return "check that " + named + " is in this workspace (from " + settings.workspace_origin() +
             ")" +
             (group != nullptr
                  ? ", and that the account has the group (from " + group->origin() + ")"
                  : "");
    default:
      return "check " + named + ", and " +
             (ttl != nullptr ? "the ttl (from " + ttl->origin() + "), 300 to 3600 seconds"
                             : "claims and group where they are set");
  }
}

WorkspaceApi::Answer ask(WorkspaceApi& api, const Target& target) {
  const Settings& settings = api.settings();
  json body = json::object();
  if (const Setting* setting = settings.find("claims")) body["claims"] = claims(*setting);
  const auto why = [&](int status) { return remedy(status, target, settings); };
  if (target.kind == Target::Kind::instance) {
    body["instance_names"] = json::array({target.name});
    body["request_id"] = random_uuid();
    return api.post("/api/2.0/database/credentials", body, "a database credential", why);
  }
  body["endpoint"] = target.name;
  if (const Setting* setting = settings.find("ttl")) body["ttl"] = ttl(*setting);
  if (const Setting* setting = settings.find("group")) body["group_name"] = setting->value;
  return api.post("/api/2.0/postgres/credentials", body, "a database credential", why);
}

}  // namespace

std::int64_t local_time_ms(std::int64_t server_time_ms, std::int64_t date_s,
                           std::int64_t answered_ms) {
  if (date_s == 0) return server_time_ms;
  const std::int64_t ahead_ms = answered_ms - date_s * 1000;
  return std::abs(ahead_ms) <= k_clocks_agree_ms ? server_time_ms : server_time_ms + ahead_ms;
}

Credential issue_credential(WorkspaceApi& api, const Target& target) {
  const WorkspaceApi::Answer answer = ask(api, target);
  const Call call{"a database credential", api.settings().workspace()};
  const char* name = answer.json.contains("expire_time") ? "expire_time" : "expiration_time";
  const auto ends = parse_rfc3339(string_field(answer.json, name, call));
  if (!ends) throw_unexpected(call, std::string(name) + " is no time");
  Credential credential;
  credential.token.assign(token_field(answer.json, "token", call));
  credential.issued_ms = answer.asked_ms;
  credential.issued_since_boot_ms = answer.asked_since_boot_ms;
  std::int64_t ends_ms = *ends;
  // It opens nothing behind its own end, nor may it outlive the token that says who the user is.
  for (const std::string_view token : {credential.token.view(), api.settings().get("user_token")})
    if (const auto end_s = jwt_end_s(token)) ends_ms = std::min(ends_ms, *end_s * 1000);
  credential.expires_ms = std::min(local_time_ms(ends_ms, answer.date_s, answer.answered_ms),
                                   answer.answered_ms + k_longest_life_ms);
  if (credential.expires_ms <= answer.answered_ms)
    throw_unexpected(call,
                     "it has expired already; the clock of this machine or of the server may "
                     "be wrong");
  return credential;
}

}  // namespace pglakebase
