#include "pglakebase/auth/target.hpp"

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::string_view k_endpoint_prefix = "projects/";

std::string without_pooler(const std::string& host) {
  const std::size_t dot = host.find('.');
  if (!is_pooler_host(host) || dot == std::string::npos) return host;
  return std::string(host_label(host)) + host.substr(dot);
}

Target endpoint_target(const Setting& endpoint) {
  std::string_view rest = endpoint.value;
  std::string_view part;
  int parts = 0;
  while (take_until(rest, '/', part))
    if (!part.empty()) ++parts;
  if (!endpoint.value.starts_with(k_endpoint_prefix) || parts != 6)
    throw ConfigError("the endpoint from " + endpoint.origin() +
                      " is none; it looks like "
                      "projects/PROJECT/branches/BRANCH/endpoints/ENDPOINT, and a Provisioned "
                      "instance is given as instance=NAME");
  return {Target::Kind::endpoint, endpoint.value, endpoint.origin()};
}

Target instance_target(const Setting& instance) {
  return {Target::Kind::instance, instance.value, instance.origin()};
}

// Of two settings the one that stands higher; null if they stand alike.
const Setting* stronger(const Setting& a, const Setting& b) {
  const bool a_directive = a.level == Level::directive;
  const bool b_directive = b.level == Level::directive;
  if (a_directive == b_directive) return nullptr;
  return a_directive ? &a : &b;
}

}  // namespace

std::string Target::text() const {
  switch (kind) {
    case Kind::endpoint:
      return "endpoint:" + name;
    case Kind::instance:
      return "instance:" + name;
    case Kind::host:
      break;
  }
  return "host:" + name;
}

Target choose_target(const Settings& settings, const RequestDocument& request) {
  const std::string& host = request.hosts.front();
  const HostKind kind = host_kind(host);
  const Setting* endpoint = settings.find("endpoint");
  const Setting* instance = settings.find("instance");
  // A service of another product runs in the same environment.
  if (endpoint != nullptr && endpoint->level != Level::directive && kind == HostKind::provisioned)
    endpoint = nullptr;
  if (endpoint != nullptr && instance != nullptr) {
    const Setting* counts = stronger(*endpoint, *instance);
    if (counts == instance) return instance_target(*instance);
    return kind == HostKind::provisioned && counts == nullptr ? instance_target(*instance)
                                                              : endpoint_target(*endpoint);
  }
  if (endpoint != nullptr) return endpoint_target(*endpoint);
  if (instance != nullptr) return instance_target(*instance);
  if (kind == HostKind::other)
    throw ConfigError("which Lakebase database " + host +
                      " is cannot be told from its name; set endpoint=projects/… or instance=NAME "
                      "for its service (LAKEBASE_ENDPOINT, LAKEBASE_INSTANCE_NAME)");
  return {Target::Kind::host, without_pooler(host), "the host's name"};
}

}  // namespace pglakebase
