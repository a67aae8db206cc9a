#include "pglakebase/cli/cache_entries.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>

#include "pglakebase/core/cache_listing.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/host_check.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/record.hpp"

namespace pglakebase {
namespace {

// No helper lives longer (obtain.cpp): an older note was left by a crash.
constexpr std::int64_t k_longest_fetch_ms = 35'000;

std::vector<std::string> hosts_of(std::string_view selecting) {
  std::vector<std::string> hosts;
  Field field;
  while (next_field(selecting, field)) {
    if (field.key != "host") continue;
    Text host;
    if (append_decoded(host, field.encoded)) hosts.emplace_back(host.view());
  }
  return hosts;
}

EntryName name_of(std::string_view hex) {
  EntryName name;
  std::copy_n(hex.data(), std::min<std::size_t>(hex.size(), 64), name.hex);
  return name;
}

void read_resolution(const Cache& cache, CacheEntry& entry) {
  Text text;
  Resolution resolution;
  if (!cache.read(k_kind_request, entry.request, text) || !resolution.parse(text.view())) return;
  entry.hosts = hosts_of(resolution.selecting.view());
  entry.identity = resolution.identity.view();
  text.clear();
  entry.has_credential = cache.read(k_kind_credential, name_of(entry.identity), text) &&
                         entry.credential.parse(text.view()) &&
                         entry.credential.identity.view() == entry.identity;
}

void read_fetch(const Cache& cache, CacheEntry& entry) {
  Text text;
  Record record;
  if (!cache.read(k_kind_fetching, entry.request, text) ||
      !record.parse(text.view(), k_kind_fetching))
    return;
  const std::int64_t pid = record.number("pid", 0);
  const std::int64_t since = record.number("since_ms", 0);
  const bool alive = pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH);
  if (!alive || wall_clock_ms() - since > k_longest_fetch_ms) return;
  entry.fetching_pid = pid;
  entry.fetching_since_ms = since;
}

// What was found before the credential was made may be mended since.
void read_host_check(const Cache& cache, CacheEntry& entry) {
  Text text;
  HostCheck check;
  if (!cache.read(k_kind_hosts, entry.request, text) || !check.parse(text.view()) ||
      check.sentence.empty() || check.at_ms < entry.credential.issued_ms)
    return;
  entry.wrong_host = check.sentence.view();
  entry.wrong_host_ms = check.at_ms;
}

CacheEntry read_entry(const Cache& cache, const std::string& hex) {
  CacheEntry entry;
  entry.request = name_of(hex);
  read_resolution(cache, entry);
  read_fetch(cache, entry);
  read_host_check(cache, entry);
  Text text;
  entry.has_failure =
      cache.read(k_kind_failure, entry.request, text) && entry.failure.parse(text.view());
  return entry;
}

}  // namespace

bool CacheEntry::names_host(std::string_view host) const {
  Text normal;
  append_normal_host(normal, host);
  return std::find(hosts.begin(), hosts.end(), normal.view()) != hosts.end();
}

std::vector<CacheEntry> cache_entries(const Cache& cache) {
  std::set<std::string> requests;
  CacheListing listing(cache);
  Text kind;
  EntryName name;
  while (listing.next(kind, name))
    if (kind.view() == k_kind_request || kind.view() == k_kind_failure ||
        kind.view() == k_kind_fetching)
      requests.emplace(name.view());

  std::vector<CacheEntry> entries;
  for (const std::string& hex : requests) {
    CacheEntry entry = read_entry(cache, hex);
    if (!entry.hosts.empty() || entry.has_failure || entry.fetching_pid != 0)
      entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const CacheEntry& a, const CacheEntry& b) {
    return std::tuple(a.hosts, a.request.view()) < std::tuple(b.hosts, b.request.view());
  });
  return entries;
}

}  // namespace pglakebase
