#include "pglakebase/auth/google.hpp"

#include <nlohmann/json.hpp>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/google_file.hpp"
#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "pglakebase/crypto/openssl_error.hpp"
#include "pglakebase/crypto/rs256.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

constexpr std::int64_t k_life_s = 3600;
// For machines whose clock is a little ahead.
constexpr std::int64_t k_clock_slack_s = 10;

std::string assertion(const SourceContext& context, const GoogleKey& key,
                      const GoogleClaim& claim) {
  const std::int64_t now_s = context.clock.wall_ms() / 1000 - k_clock_slack_s;
  const json header = {{"alg", "RS256"}, {"typ", "JWT"}, {"kid", key.key_id}};
  const json claims = {{"iss", key.email},
                       {"aud", key.token_uri},
                       {"iat", now_s},
                       {"exp", now_s + k_life_s},
                       {claim.name, claim.value}};
  const std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  try {
    return text + "." + base64url(rs256_signature(key.private_key.reveal(), text));
  } catch (const OpensslError& error) {
    refuse_google_file(key.origin, std::string("private_key: ") + error.what());
  }
}

// When a JSON web token ends, as it says itself.
std::int64_t end_of(const Secret& token, std::int64_t now_ms, const Call& call) {
  const std::string& text = token.reveal();
  const std::size_t first = text.find('.');
  const std::size_t second = text.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos)
    throw_unexpected(call, "it is no JSON web token");
  HttpResponse claims;
  claims.body = base64url_decoded(text.substr(first + 1, second - first - 1)).value_or("");
  return moment_field(json_object(claims, call), "exp", now_ms, call);
}

}  // namespace

bool is_on_google_cloud(const Settings& settings) {
  const std::string_view cloud = settings.get("cloud");
  if (!cloud.empty()) return equals_ignoring_case(cloud, "GCP");
  return settings.workspace().ends_with(".gcp.databricks.com");
}

Secret ask_google(const SourceContext& context, const GoogleKey& key, const GoogleClaim& claim) {
  const bool wants_id = claim.name == std::string_view(k_google_audience);
  const Call call{wants_id ? "an ID token for " + key.email : "an access token for " + key.email,
                  std::string(origin_of(key.token_uri)), "Google"};
  HttpRequest request;
  request.method = "POST";
  request.url = key.token_uri;
  request.headers = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded"};
  request.body = form_encoded({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                               {"assertion", assertion(context, key, claim)}});
  const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
    return "check that the service account's key (from " + key.origin +
           ") still exists, and this machine's clock";
  });
  return Secret(
      token_field(json_object(response, call), wants_id ? "id_token" : "access_token", call));
}

WorkspaceToken google_workspace_token(const Secret& id_token, const Secret& access_token,
                                      std::int64_t asked_ms, const std::string& origin) {
  WorkspaceToken token;
  token.token = id_token;
  token.issued_ms = asked_ms;
  token.expires_ms = end_of(id_token, asked_ms, {"an ID token", origin, "Google"});
  if (!access_token.empty())
    token.headers.push_back({"X-Databricks-GCP-SA-Access-Token", access_token});
  return token;
}

}  // namespace pglakebase
