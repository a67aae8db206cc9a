#include "pglakebase/auth/azure.hpp"

#include <algorithm>

#include "pglakebase/auth/reply.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// databricks-sdk-go, common/environment; the key vaults' zones: Microsoft's documentation.
constexpr AzureCloud k_clouds[] = {
    {"PUBLIC", ".azuredatabricks.net", "https://login.microsoftonline.com",
     "https://management.core.windows.net/", "https://management.azure.com", ".vault.azure.net"},
    {"USGOVERNMENT", ".databricks.azure.us", "https://login.microsoftonline.us",
     "https://management.core.usgovcloudapi.net/", "https://management.usgovcloudapi.net",
     ".vault.usgovcloudapi.net"},
    {"CHINA", ".databricks.azure.cn", "https://login.chinacloudapi.cn",
     "https://management.core.chinacloudapi.cn/", "https://management.chinacloudapi.cn",
     ".vault.azure.cn"}};
// Entra's other names.
constexpr std::string_view k_microsofts[] = {"https://login.microsoft.com",
                                             "https://login.windows.net",
                                             "https://login.partner.microsoftonline.cn"};
constexpr std::size_t k_longest_tenant = 253;

// name[:port] of the workspace
const AzureCloud* cloud_of_workspace(const Settings& settings) {
  if (settings.find("workspace") == nullptr) return nullptr;
  std::string_view host = settings.workspace();
  host = host.substr(0, host.find(':', host.find("://") + 3));
  for (const AzureCloud& cloud : k_clouds)
    if (host.ends_with(cloud.workspace_zone)) return &cloud;
  return nullptr;
}

bool is_tenant(std::string_view text) {
  return !text.empty() && text.size() <= k_longest_tenant &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
                  c == '-' || c == '.';
         });
}

bool is_microsofts(std::string_view authority) {
  return std::any_of(std::begin(k_clouds), std::end(k_clouds),
                     [&](const AzureCloud& cloud) { return cloud.authority == authority; }) ||
         std::find(std::begin(k_microsofts), std::end(k_microsofts), authority) !=
             std::end(k_microsofts);
}

std::string discover_tenant(const SourceContext& context) {
  const Call call{"the Entra tenant of the workspace", context.settings.workspace()};
  const std::string remedy = "; set azure_tenant_id (ARM_TENANT_ID, AZURE_TENANT_ID)";
  HttpRequest request;
  request.url = context.settings.workspace() + "/aad/auth";
  HttpResponse response;
  try {
    response = context.http.send(request);
  } catch (const HttpError& error) {
    AuthError failed("asking for " + call.what + " failed: " + error.what() + remedy, false,
                     AuthError::k_unreachable_hold_ms);
    failed.set_files(error.files());
    throw failed;
  }
  const std::string_view origin = origin_of(response.location);
  std::string_view path = std::string_view(response.location).substr(origin.size());
  std::string_view tenant;
  if (response.status >= 300 && response.status < 400 && !origin.empty() && path.starts_with('/')) {
    path.remove_prefix(1);
    take_until(path, '/', tenant);
  }
  if (is_tenant(tenant)) return std::string(tenant);
  throw AuthError("asking for " + call.what + " brought no redirect to Entra from " + call.origin +
                      " (HTTP " + std::to_string(response.status) +
                      "); check the workspace's address" + remedy.substr(1) + " otherwise",
                  response.status < 500 && response.status != 429, AuthError::k_outage_hold_ms,
                  response.status);
}

}  // namespace

const AzureCloud& azure_cloud(const Settings& settings) {
  if (const AzureCloud* cloud = cloud_of_workspace(settings)) return *cloud;
  const Setting* name = settings.find("azure_environment");
  if (name == nullptr) return k_clouds[0];
  for (const AzureCloud& cloud : k_clouds)
    if (equals_ignoring_case(cloud.name, name->value)) return cloud;
  throw ConfigError("azure_environment (from " + name->origin() +
                    ") is none of Microsoft's clouds; set PUBLIC, USGOVERNMENT or CHINA");
}

bool is_azure(const Settings& settings) {
  if (settings.find("azure_workspace_resource_id") != nullptr) return true;
  const std::string_view cloud = settings.get("cloud");
  if (!cloud.empty()) return equals_ignoring_case(cloud, "azure");
  return cloud_of_workspace(settings) != nullptr;
}

std::string not_azure(const Settings& settings) {
  return settings.workspace() + " is no workspace of Azure Databricks";
}

std::string azure_authority(const Settings& settings, const Setting* secret) {
  const Setting* given = settings.find("azure_authority_host");
  if (given == nullptr) return std::string(azure_cloud(settings).authority);
  std::string authority = given->value;
  while (authority.ends_with('/')) authority.pop_back();
  if (!authority.starts_with("https://") || origin_of(authority) != authority ||
      authority.size() < 10 || authority.find('@') != std::string::npos)
    throw ConfigError("azure_authority_host (from " + given->origin() +
                      ") is no https address; it looks like https://login.microsoftonline.com/");
  if (secret != nullptr && secret->level != given->level && given->level != Level::directive &&
      !is_microsofts(authority))
    throw ConfigError("the secret from " + secret->origin() + " is not sent where " +
                      given->origin() + " says; give both in the same place, or unset the latter");
  return authority;
}

std::string azure_tenant(const SourceContext& context) {
  const Setting* given = context.settings.find("azure_tenant_id");
  if (given == nullptr) return discover_tenant(context);
  if (is_tenant(given->value)) return given->value;
  throw ConfigError("azure_tenant_id (from " + given->origin() +
                    ") is no tenant; it is a UUID, or a domain such as contoso.onmicrosoft.com");
}

}  // namespace pglakebase
