#include "pglakebase/core/host.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// The DNS zones of Databricks workspaces (databricks-sdk-go, common/environment), which Lakebase
// hosts share. No pointers, which would have to be relocated in every process.
constexpr char k_zones[][30] = {
    "cloud.databricks.com",    "staging.cloud.databricks.com", "dev.databricks.com",
    "cloud.databricks.us",     "azuredatabricks.net",          "staging.azuredatabricks.net",
    "dev.azuredatabricks.net", "databricks.azure.us",          "databricks.azure.cn",
    "gcp.databricks.com",      "staging.gcp.databricks.com",   "dev.gcp.databricks.com"};

// Stands in all of them, as k_database does in every host.
constexpr std::string_view k_name = "databricks";
constexpr std::string_view k_database = "database";

constexpr bool all_hold(std::string_view part) {
  for (const std::string_view zone : k_zones)
    if (zone.find(part) == std::string_view::npos) return false;
  return true;
}
static_assert(all_hold(k_name));

// RFC 1035
constexpr std::size_t k_longest_label = 63;
constexpr std::size_t k_longest_name = 253;

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > k_longest_label) return false;
  if (text.front() == '-' || text.back() == '-') return false;
  for (const char c : text) {
    const char lower = ascii_lower(c);
    if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() && equals_ignoring_case(slice(text, 0, prefix.size()), prefix);
}

bool has_suffix(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() &&
         equals_ignoring_case(slice(text, text.size() - suffix.size()), suffix);
}

bool is_zone(std::string_view domain) {
  for (const std::string_view zone : k_zones)
    if (equals_ignoring_case(domain, zone)) return true;
  return false;
}

// `database.ZONE` or `database.region.ZONE`.
bool is_database_domain(std::string_view domain) {
  std::string_view label;
  if (!take_until(domain, '.', label) || !equals_ignoring_case(label, k_database)) return false;
  return is_zone(domain) || (take_until(domain, '.', label) && is_label(label) && is_zone(domain));
}

}  // namespace

void append_normal_host(Text& out, std::string_view host) {
  const std::size_t start = out.size();
  out.append(without_dot(host));
  for (std::size_t i = start; i < out.size(); ++i) out.data()[i] = ascii_lower(out.data()[i]);
}

bool lists_host(std::string_view list, std::string_view host) {
  host = without_dot(host);
  std::string_view part;
  while (take_until(list, ',', part)) {
    part = without_dot(part);
    if (!part.empty() && equals_ignoring_case(part, host)) return true;
  }
  return false;
}

HostKind host_kind(std::string_view host) {
  host = without_dot(host);
  if (host.size() > k_longest_name) return HostKind::other;
  std::string_view label;
  if (!take_until(host, '.', label) || !is_label(label) || !is_database_domain(host))
    return HostKind::other;
  if (has_prefix(label, "ep-")) return HostKind::autoscaling;
  if (has_prefix(label, "instance-")) return HostKind::provisioned;
  return HostKind::other;
}

bool lists_network_host(std::string_view list) {
  std::string_view host;
  while (take_until(list, ',', host))
    if (!host.empty() && host.front() != '/' && host.front() != '@') return true;
  return false;
}

bool may_hold_host(std::string_view text) {
  for (std::size_t at = 0; (at = text.find(k_database, at)) != std::string_view::npos;) {
    at += k_database.size();
    if (text.size() > at && text[at] == '.') return text.find(k_name) != std::string_view::npos;
  }
  return false;
}

bool is_pooler_host(std::string_view host) {
  if (host_kind(host) == HostKind::other) return false;
  std::string_view label;
  take_until(host, '.', label);
  return has_suffix(label, "-pooler");
}

bool append_direct_host(Text& out, std::string_view host) {
  if (!is_pooler_host(host)) {
    out.append(host);
    return false;
  }
  std::string_view domain = host;
  std::string_view label;
  take_until(domain, '.', label);
  label.remove_suffix(7);
  out.append(label).append_char('.').append(domain);
  return true;
}

std::string_view host_label(std::string_view host) {
  std::string_view label;
  take_until(host, '.', label);
  if (has_suffix(label, "-pooler")) label.remove_suffix(7);
  return label;
}

}  // namespace pglakebase
