#include "pglakebase/auth/google_iam.hpp"

#include "pglakebase/auth/reply.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

Secret act(const SourceContext& context, const GoogleActor& actor, const std::string& url,
           const json& body, const std::string& what, const char* field) {
  const Call call{what, std::string(origin_of(url)), "Google"};
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {"Accept: application/json", "Content-Type: application/json",
                     "Authorization: Bearer " + actor.token.reveal()};
  if (!actor.quota_project.empty() &&
      actor.quota_project.find_first_of("\r\n") == std::string::npos)
    request.headers.push_back("X-Goog-User-Project: " + actor.quota_project);
  request.body = body.dump();
  const HttpResponse response = send_expecting_success(
      context.http, request, call, [&](int) { return "check " + actor.remedy; });
  return Secret(token_field(json_object(response, call), field, call));
}

}  // namespace

Secret google_id_token(const SourceContext& context, const GoogleActor& actor,
                       const std::string& account) {
  const json body = {{"audience", context.settings.workspace()}, {"includeEmail", true}};
  return act(context, actor, google_account_url(account, "generateIdToken"), body,
             "an ID token for " + account, "token");
}

Secret google_account_token(const SourceContext& context, const GoogleActor& actor,
                            const std::string& url, const json& delegates,
                            const std::string& scopes) {
  json list = json::array();
  std::string_view rest = scopes;
  std::string_view scope;
  while (take_until(rest, ' ', scope)) list.push_back(std::string(scope));
  json body = {{"scope", list}, {"lifetime", "3600s"}};
  if (delegates.is_array() && !delegates.empty()) body["delegates"] = delegates;
  return act(context, actor, url, body, "an access token of a service account", "accessToken");
}

std::string google_account_url(const std::string& account, const char* verb) {
  return std::string(k_google_iam) + "/v1/projects/-/serviceAccounts/" + percent_encoded(account) +
         ":" + verb;
}

}  // namespace pglakebase
