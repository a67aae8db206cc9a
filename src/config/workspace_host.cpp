#include "pglakebase/config/workspace_host.hpp"

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_host = 253 + 6;  // RFC 1035, and a port

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

[[noreturn]] void refuse(const std::string& origin, const char* why) {
  throw ConfigError("the workspace's address from " + origin + " cannot be used: " + why +
                    "; it should look like https://my-workspace.cloud.databricks.com");
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += ascii_lower(c);
  return out;
}

// name, name:port, [v6], [v6]:port
bool is_host(std::string_view text) {
  std::string_view name = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    name = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return false;
    has_port = !rest.empty();
    port = slice(rest, 1);
    if (!all_of(name, "0123456789abcdef:.")) return false;
  } else {
    const std::size_t colon = text.find(':');
    has_port = colon != std::string_view::npos;
    name = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
    if (!all_of(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_")) return false;
  }
  std::int64_t number = 0;
  if (has_port && (!parse_number(port, number) || number < 1 || number > 65535)) return false;
  return !name.empty();
}

void take_ids(std::string_view query, WorkspaceHost& host) {
  // The newest way to write it counts, then the shortest.
  std::string_view by_name[3];
  std::string_view pair;
  while (take_until(query, '&', pair)) {
    std::string_view value = pair;
    std::string_view name;
    if (!take_until(value, '=', name) || value.empty()) continue;
    const bool numeric = all_of(value, "0123456789");
    if (name == "w" &&
        all_of(value, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"))
      by_name[0] = value;
    if (name == "o" && numeric) by_name[1] = value;
    if (name == "workspace_id" && numeric) by_name[2] = value;
    if ((name == "a" || name == "account_id") && all_of(value, "0123456789abcdefABCDEF-"))
      host.account_id = value;
  }
  for (const std::string_view id : by_name)
    if (host.workspace_id.empty()) host.workspace_id = id;
}

}  // namespace

WorkspaceHost parse_workspace_host(std::string_view address, const std::string& origin) {
  address = trim(address);
  const std::size_t scheme = address.find("://");
  if (scheme != std::string_view::npos) {
    if (!equals_ignoring_case(address.substr(0, scheme), "https"))
      refuse(origin, "only https is spoken with it");
    address.remove_prefix(scheme + 3);
  }
  const std::size_t end = address.find_first_of("/?#");
  const std::string_view authority = address.substr(0, end);
  if (authority.find('@') != std::string_view::npos)
    refuse(origin, "a user or password stands in it");
  WorkspaceHost host;
  std::string name = lower(authority);
  if (name.size() > k_longest_host || !is_host(name)) refuse(origin, "it names no host");
  // Databricks calls the workspace's address DATABRICKS_HOST, and it is easily mistaken for PGHOST.
  if (host_kind(name.substr(0, name.find(':'))) != HostKind::other)
    refuse(origin, "it is a database's, not the workspace's");
  if (name.ends_with(":443")) name.resize(name.size() - 4);
  host.url = "https://" + name;
  if (end != std::string_view::npos) {
    std::string_view rest = address.substr(end);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t query = rest.find('?');
    if (query != std::string_view::npos) take_ids(rest.substr(query + 1), host);
  }
  return host;
}

}  // namespace pglakebase
