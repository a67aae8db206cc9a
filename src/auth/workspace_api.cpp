#include "pglakebase/auth/workspace_api.hpp"

namespace pglakebase {

WorkspaceApi::Answer WorkspaceApi::get(const std::string& path, const std::string& what,
                                       const std::function<std::string(int)>& remedy) {
  HttpRequest request;
  request.url = settings().workspace() + path;
  return send(std::move(request), what, remedy);
}

WorkspaceApi::Answer WorkspaceApi::post(const std::string& path, const nlohmann::json& body,
                                        const std::string& what,
                                        const std::function<std::string(int)>& remedy) {
  HttpRequest request;
  request.method = "POST";
  request.url = settings().workspace() + path;
  request.headers.emplace_back("Content-Type: application/json");
  request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return send(std::move(request), what, remedy);
}

WorkspaceApi::Answer WorkspaceApi::send(HttpRequest request, const std::string& what,
                                        const std::function<std::string(int)>& remedy) {
  Call call{what, settings().workspace()};
  const Setting* user_token = settings().find("user_token");
  if (user_token != nullptr) call.known_best = 401;
  const auto advice = [&](int status) {
    if (status != 401 || user_token == nullptr) return remedy(status);
    return "the workspace did not accept the user token (from " + user_token->origin() +
           "); it has expired, was revoked, or is another workspace's: pass a new one";
  };
  request.headers.emplace_back("Accept: application/json");
  if (!settings().workspace_id().empty())
    request.headers.push_back("X-Databricks-Workspace-Id: " +
                              std::string(settings().workspace_id()));
  for (;;) {
    const WorkspaceToken& token = tokens_.get();
    HttpRequest authorized = request;
    authorized.headers.push_back("Authorization: " + token.scheme + " " + token.token.reveal());
    for (const auto& [name, value] : token.headers)
      authorized.headers.push_back(name + ": " + value.reveal());
    Answer answer;
    answer.asked_ms = context_.clock.wall_ms();
    answer.asked_since_boot_ms = context_.clock.since_boot_ms();
    try {
      const HttpResponse response = send_expecting_success(context_.http, authorized, call, advice);
      answer.answered_ms = context_.clock.wall_ms();
      answer.date_s = response.date_s;
      answer.json = json_object(response, call);
      return answer;
    } catch (const AuthError& error) {
      if (error.status() != 401 || !tokens_.renew()) throw;
    }
  }
}

}  // namespace pglakebase
