#include "pglakebase/auth/learn_roots.hpp"

#include <set>
#include <string>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/core/learned_roots.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_most_servers = 16;
constexpr std::string_view k_default_port = "5432";  // libpq's

// libpq's lists end where no comma follows: "a," has two elements.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

// A name in DNS may end in a dot; the one in a certificate never does.
std::string without_dot(std::string host) {
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  return host;
}

// A union: whichever server is reached, its root is there.
std::string find_all(const std::vector<TlsServer>& servers, const RootFinder& finder) {
  std::set<std::string> roots;
  for (const TlsServer& server : servers) roots.insert(finder.find(server));
  std::string pem;
  for (const std::string& root : roots) pem += root;
  return pem;
}

}  // namespace

std::vector<TlsServer> list_servers(std::string_view hosts, std::string_view hostaddrs,
                                    std::string_view ports) {
  const std::vector<std::string> names = split(hosts);
  std::vector<std::string> addresses = split(hostaddrs);
  std::vector<std::string> numbers = split(ports);
  if (hostaddrs.empty()) addresses.resize(names.size());
  if (numbers.size() == 1) numbers.resize(names.size(), numbers.front());
  if (names.size() > k_most_servers || addresses.size() != names.size() ||
      numbers.size() != names.size())
    return {};
  std::vector<TlsServer> servers;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() || names[i].front() == '/') return {};
    servers.push_back({without_dot(names[i]), addresses[i],
                       numbers[i].empty() ? std::string(k_default_port) : numbers[i]});
  }
  return servers;
}

bool learn_roots(const Record& request, std::int64_t deadline_ms) {
  const Cache cache = Cache::open_at(request.get("cache"));
  const RootsTarget target{request.get("hosts"), request.get("hostaddrs"), request.get("ports"),
                           request.get("bundle")};
  const std::vector<TlsServer> servers = list_servers(target.hosts, target.hostaddrs, target.ports);
  const LearnedRoots learned(cache, target);
  if (servers.empty() || !learned.worthwhile()) return false;
  const FileLock lock = FileLock::acquire(cache, cache.name("learning roots"), deadline_ms);
  Text path;
  if (!lock.held() || learned.find(path, wall_clock_ms())) return false;
  try {
    const RootFinder finder{std::string(target.bundle)};
    const std::string pem = find_all(servers, finder);
    // A bundle that changed meanwhile has another name: it may say otherwise.
    if (LearnedRoots(cache, target).name().view() != learned.name().view()) return false;
    return learned.store(pem, wall_clock_ms());
  } catch (const RootError&) {
    return false;
  }
}

}  // namespace pglakebase
