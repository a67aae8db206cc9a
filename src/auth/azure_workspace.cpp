#include "pglakebase/auth/azure_workspace.hpp"

#include <algorithm>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/azure_identities.hpp"
#include "pglakebase/auth/managed_identity.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/workspace_host.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_day_ms = 24LL * 3600 * 1000;
// databricks-sdk-go, config/azure.go.
constexpr const char* k_version = "?api-version=2018-04-01";
constexpr const char* k_remedy = "set DATABRICKS_HOST to do without asking for it";

AzureToken managed(const SourceContext& context, std::string_view resource) {
  if (!uses_managed_identity(context.settings))
    return NotConfigured{"no azure_use_msi (ARM_USE_MSI, USE_MANAGED_IDENTITY)"};
  return managed_identity_token(context, resource, true);
}

struct Way {
  std::string_view auth_type;
  AzureToken (*token)(const SourceContext& context, std::string_view resource);
};

// The order is that of the chain.
constexpr Way k_ways[] = {
    {"azure-msi", managed},
    {"azure-client-secret", azure_client_secret_token},
    {"azure-client-certificate", azure_certificate_token},
    {"azure-workload-identity", azure_workload_identity_token},
    {"azure-cli", azure_cli_token},
};

WorkspaceToken management_token(const SourceContext& context, const Setting& id) {
  const std::string_view chosen = context.settings.get("auth_type");
  const std::string resource = std::string(azure_cloud(context.settings).resource_manager) + "/";
  std::string reasons;
  for (const Way& way : k_ways) {
    if (!chosen.empty() && chosen != way.auth_type) continue;
    AzureToken token = way.token(context, resource);
    if (auto* got = std::get_if<WorkspaceToken>(&token)) return std::move(*got);
    reasons.append(reasons.empty() ? "" : "; ").append(way.auth_type).append(": ");
    reasons += std::get<NotConfigured>(token).why;
  }
  throw ConfigError("nobody is configured who could ask Azure for the address of the workspace (" +
                    id.origin() + "); " + k_remedy + " (" +
                    (reasons.empty() ? std::string(chosen) + " does not ask for it" : reasons) +
                    ")");
}

// It becomes part of an address.
bool is_resource_id(std::string_view id) {
  return id.starts_with("/subscriptions/") && id.size() < 1024 &&
         std::all_of(id.begin(), id.end(), [](char c) {
           const char lower = ascii_lower(c);
           return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                  std::string_view("/-_.()").find(c) != std::string_view::npos;
         });
}

std::string ask(const SourceContext& context, const Setting& id) {
  const AzureCloud& cloud = azure_cloud(context.settings);
  const Call call{"the address of the workspace " + id.value, std::string(cloud.resource_manager),
                  "Azure"};
  const WorkspaceToken token = management_token(context, id);
  HttpRequest request;
  request.url = call.origin + id.value + k_version;
  request.headers = {"Accept: application/json", "Authorization: Bearer " + token.token.reveal()};
  const HttpResponse response =
      send_expecting_success(context.http, request, call, [&](int status) {
        return (status == 404 ? "check the resource id (from " + id.origin() + ")"
                              : "give the identity the role Reader on the workspace in Azure") +
               ", or " + k_remedy;
      });
  const nlohmann::json answer = json_object(response, call);
  const auto properties = answer.find("properties");
  if (properties == answer.end() || !properties->is_object())
    throw_unexpected(call, "properties is missing or no object");
  const std::string name = string_field(*properties, "workspaceUrl", call);
  try {
    std::string url = parse_workspace_host(name, call.origin).url;
    if (url.ends_with(cloud.workspace_zone)) return url;
  } catch (const ConfigError&) {
  }
  throw_unexpected(call, "workspaceUrl is no workspace's");
}

}  // namespace

std::string find_azure_workspace(const SourceContext& context) {
  const Setting& id = *context.settings.find("azure_workspace_resource_id");
  if (!is_resource_id(id.value))
    throw ConfigError("azure_workspace_resource_id (from " + id.origin() +
                      ") is none; it looks like /subscriptions/…/resourceGroups/…/providers/"
                      "Microsoft.Databricks/workspaces/NAME");
  const EntryName name = context.cache.name("azure-workspace\n" + id.value);
  Text text;
  Record record;
  if (context.cache.read(k_kind_endpoint, name, text) &&
      record.parse(text.view(), k_kind_endpoint)) {
    const std::int64_t age_ms = context.clock.wall_ms() - record.number("found_ms", 0);
    if (record.get("resource_id") == id.value && age_ms >= 0 && age_ms <= k_day_ms &&
        !record.get("workspace").empty())
      return std::string(record.get("workspace"));
  }
  std::string workspace = ask(context, id);
  text = {};
  Record::begin(text, k_kind_endpoint);
  append_field(text, "resource_id", id.value);
  append_field(text, "workspace", workspace);
  append_field(text, "found_ms", context.clock.wall_ms());
  Record::finish(text);
  if (text.ok()) context.cache.write(k_kind_endpoint, name, text.view());
  return workspace;
}

void settle_workspace(Settings& settings, const SourceContext& context) {
  const Setting* id = settings.find("azure_workspace_resource_id");
  if (settings.find("workspace") == nullptr && id != nullptr)
    settings.use_workspace(find_azure_workspace(context), *id);
  settings.workspace();
}

}  // namespace pglakebase
