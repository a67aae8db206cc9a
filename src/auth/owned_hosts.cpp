#include "pglakebase/auth/owned_hosts.hpp"

#include <algorithm>

#include "pglakebase/core/host.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

}  // namespace

OwnedHosts OwnedHosts::of_endpoint(const json& endpoint) {
  OwnedHosts owned;
  const auto status = endpoint.find("status");
  if (status == endpoint.end() || !status->is_object()) return owned;
  const auto hosts = status->find("hosts");
  if (hosts == status->end() || !hosts->is_object()) return owned;
  owned.add(*hosts, "host");
  for (const json& host : *hosts)
    if (host.is_string()) owned.add(host.get<std::string>());
  owned.labels_.push_back(text_of(endpoint, "uid"));
  return owned;
}

OwnedHosts OwnedHosts::of_instance(const json& instance) {
  OwnedHosts owned;
  owned.add(instance, "read_write_dns");
  owned.add(instance, "read_only_dns");
  const std::string uid = text_of(instance, "uid");
  owned.labels_.push_back("instance-" + uid);
  owned.labels_.push_back("instance-ro-" + uid);
  return owned;
}

bool OwnedHosts::own(const std::string& host) const {
  return std::any_of(labels_.begin(), labels_.end(), [&](const std::string& label) {
    return equals_ignoring_case(label, host_label(host));
  });
}

void OwnedHosts::add(const json& object, const char* field) {
  add(text_of(object, field));
}

void OwnedHosts::add(const std::string& host) {
  if (host_kind(host) == HostKind::other) return;
  labels_.emplace_back(host_label(host));
  if (first_.empty()) first_ = host;
}

}  // namespace pglakebase
