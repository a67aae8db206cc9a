#include "pglakebase/auth/databricks_secret.hpp"

#include "pglakebase/auth/chain.hpp"
#include "pglakebase/auth/managed_identity.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

// Called while the lock of a workspace token may be held: takes none, and keeps nothing.
WorkspaceToken sign_in(const SourceContext& context) {
  Chain chain(all_sources(), context);
  while (const Chain::Candidate* candidate = chain.next()) {
    auto got = candidate->source->get(context);
    if (auto* token = std::get_if<WorkspaceToken>(&got)) return std::move(*token);
    chain.declined(std::get<NotConfigured>(got).why);
  }
  chain.throw_exhausted();
}

}  // namespace

Secret databricks_secret(const SourceContext& context, std::string_view scope,
                         std::string_view key) {
  const Settings others =
      without_secrets(context.settings, [](const Setting& setting) {
        return setting.value.starts_with("databricks-secret:");
      }).without([](std::string_view input, const Setting&) { return input == "auth_type"; });
  const SourceContext inner{others, context.cache, context.http, context.clock,
                            context.deadline_ms};
  const WorkspaceToken token = sign_in(inner);
  const std::string name = std::string(scope) + "/" + std::string(key);
  const Call call{"the Databricks secret " + name, others.workspace()};
  HttpRequest request;
  request.url =
      others.workspace() + "/api/2.0/secrets/get?" + form_encoded({{"scope", scope}, {"key", key}});
  request.headers = {"Accept: application/json",
                     "Authorization: " + token.scheme + " " + token.token.reveal()};
  if (!others.workspace_id().empty())
    request.headers.push_back("X-Databricks-Workspace-Id: " + std::string(others.workspace_id()));
  for (const auto& [header, value] : token.headers)
    request.headers.push_back(header + ": " + value.reveal());
  const HttpResponse response =
      send_expecting_success(context.http, request, call, [&](int status) -> std::string {
        if (status == 404) return "check the names of scope and key in databricks-secret:" + name;
        return "give the identity that signs in the right READ on the scope " + std::string(scope);
      });
  const auto decoded = base64_decoded(string_field(json_object(response, call), "value", call));
  if (!decoded) throw_unexpected(call, "value is no base64");
  return Secret(*decoded);
}

}  // namespace pglakebase
