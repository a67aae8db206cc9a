#include "pglakebase/auth/target.hpp"

#include <algorithm>

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

std::string without_pooler(const std::string& host) {
  const std::size_t dot = host.find('.');
  if (!is_pooler_host(host) || dot == std::string::npos) return host;
  return std::string(host_label(host)) + host.substr(dot);
}

// What it is made of becomes part of an address of the API.
bool is_id(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const char lower = ascii_lower(c);
           return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == '.' || c == '~';
         });
}

bool is_endpoint(std::string_view path) {
  if (path.ends_with('/')) return false;
  for (const std::string_view word : {"projects", "branches", "endpoints"}) {
    std::string_view part;
    if (!take_until(path, '/', part) || part != word) return false;
    if (!take_until(path, '/', part) || !is_id(part)) return false;
  }
  return path.empty();
}

Target endpoint_target(const Setting& endpoint) {
  std::string_view path = trim(endpoint.value);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!is_endpoint(path))
    throw ConfigError("the endpoint from " + endpoint.origin() +
                      " is none; it looks like "
                      "projects/PROJECT/branches/BRANCH/endpoints/ENDPOINT, and a Provisioned "
                      "instance is given as instance=NAME");
  return {Target::Kind::endpoint, std::string(path), endpoint.origin()};
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
