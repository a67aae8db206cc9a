// Host names: what is taken for a Lakebase host is Databricks' to name.
#include "pglakebase/core/host.hpp"

#include "fuzz.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

// A list of its own, so that a change of the code's is seen.
constexpr std::string_view k_zones[] = {
    ".cloud.databricks.com", ".dev.databricks.com",  ".gcp.databricks.com", ".cloud.databricks.us",
    ".azuredatabricks.net",  ".databricks.azure.us", ".databricks.azure.cn"};

bool in_known_zone(std::string_view host) {
  for (const std::string_view zone : k_zones)
    if (ends_with(host, zone)) return true;
  return false;
}

}  // namespace

void run(std::string_view host) {
  Text normal;
  append_normal_host(normal, host);
  // One dot at the end is the root; two are no name.
  if (!host.ends_with("..")) {
    Text twice;
    append_normal_host(twice, normal.view());
    FUZZ_CHECK(twice.view() == normal.view());
  }
  const HostKind kind = host_kind(host);
  Text direct;
  const bool pooler = append_direct_host(direct, host);
  FUZZ_CHECK(pooler == is_pooler_host(host));
  FUZZ_CHECK(pooler || direct.view() == host);
  FUZZ_CHECK(!pooler || direct.size() == host.size() - std::string_view("-pooler").size());
  FUZZ_CHECK(host_label(host).find('.') == std::string_view::npos);
  if (kind == HostKind::other) {
    FUZZ_CHECK(!pooler);
    return;
  }
  const std::string_view name = normal.view();
  FUZZ_CHECK(in_known_zone(name));
  FUZZ_CHECK(name.find(".database.") != std::string_view::npos);
  FUZZ_CHECK(starts_with(name, kind == HostKind::autoscaling ? "ep-" : "instance-"));
  FUZZ_CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") ==
             std::string_view::npos);
  FUZZ_CHECK(name.find("..") == std::string_view::npos && name.size() <= 253);
  FUZZ_CHECK(host_kind(name) == kind);
}

}  // namespace pglakebase::fuzz
