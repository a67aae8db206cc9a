#include "pglakebase/auth/entries.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/host_check.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/learned_roots.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_requests_per_token = 64;
constexpr std::int64_t k_hour_ms = 3600LL * 1000;
constexpr std::int64_t k_two_days_ms = 48 * k_hour_ms;
// Somebody waits for the helper's end.
constexpr std::int64_t k_sweeping_ms = 100;
constexpr char k_kind_swept[] = "swept";

bool is_ours(std::string_view file, std::string_view kind) {
  return file.size() == kind.size() + 65 && file.starts_with(kind) && file[kind.size()] == '-';
}

// Never the key, nor locks: a lock that is unlinked is no lock.
std::int64_t kept_for_ms(std::string_view file) {
  if (file.starts_with("new-")) return k_hour_ms;
  for (const std::string_view kind :
       {k_kind_request, k_kind_credential, k_kind_failure, k_kind_fetching, k_kind_replacement,
        k_kind_issued, k_kind_workspace, k_kind_endpoint, k_kind_user, k_kind_trouble, k_kind_roots,
        k_kind_learning, k_kind_hosts})
    if (is_ours(file, kind)) return k_two_days_ms;
  return 0;
}

// Is the last one an hour ago? Then this one is noted.
bool sweep_due(const Cache& cache, std::int64_t now_ms) {
  const EntryName name = cache.name("swept");
  Text text;
  Record record;
  if (cache.read(k_kind_swept, name, text) && record.parse(text.view(), k_kind_swept)) {
    const std::int64_t age_ms = now_ms - record.number("at_ms", 0);
    if (age_ms >= 0 && age_ms < k_hour_ms) return false;
  }
  text.clear();
  Record::begin(text, k_kind_swept);
  append_field(text, "at_ms", now_ms);
  Record::finish(text);
  cache.write(k_kind_swept, name, text.view());
  return true;
}

}  // namespace

bool Entries::read_credential(const EntryName& identity, Credential& credential) const {
  return pglakebase::read_credential(cache_, identity.view(), credential);
}

void Entries::write_credential(const EntryName& identity, const Credential& credential) const {
  Text text;
  credential.append_record(text);
  if (text.ok()) cache_.write(k_kind_credential, identity, text.view());
}

void Entries::write_resolution(const EntryName& identity, std::string_view files) const {
  Resolution resolution;
  resolution.selecting.assign(request_.selecting);
  resolution.identity.assign(identity.view());
  resolution.files.assign(files);
  Text text;
  resolution.append_record(text);
  if (text.ok()) cache_.write(k_kind_request, name_, text.view());
  cache_.remove(k_kind_failure, name_);
}

void Entries::write_issued(const Credential& credential, bool exchanged) const {
  Text message;
  message.append("issued").append(credential.token.view());
  const EntryName name = cache_.name(message.view());
  std::set<std::string, std::less<>> requests{std::string(name_.view())};
  std::set<std::string, std::less<>> hosts(request_.hosts.begin(), request_.hosts.end());
  Text text;
  Record known;
  if (cache_.read(k_kind_issued, name, text) && known.parse(text.view(), k_kind_issued)) {
    std::size_t position = 0;
    std::string_view key;
    std::string_view value;
    while (known.next(position, key, value)) {
      if (requests.size() >= k_requests_per_token) break;
      if (key == "request") requests.emplace(value);
      if (key == "host") hosts.emplace(value);
    }
  }
  text.clear();
  Record::begin(text, k_kind_issued);
  append_field(text, "identity", credential.identity.view());
  append_field(text, "expires_ms", credential.expires_ms);
  if (exchanged) append_field(text, "exchanged", 1);
  for (const std::string& request : requests) append_field(text, "request", request);
  for (const std::string& host : hosts) append_field(text, "host", host);
  Record::finish(text);
  if (text.ok()) cache_.write(k_kind_issued, name, text.view());
}

bool Entries::read_failure(Failure& failure) const {
  Text text;
  return cache_.read(k_kind_failure, name_, text) && failure.parse(text.view());
}

void Entries::write_failure(const Failure& failure) const {
  Text text;
  failure.append_record(text);
  if (text.ok()) cache_.write(k_kind_failure, name_, text.view());
}

FetchingNote::FetchingNote(const Cache& cache, const EntryName& request)
    : cache_(cache), name_(request) {
  Text text;
  Record::begin(text, k_kind_fetching);
  append_field(text, "pid", std::int64_t{::getpid()});
  append_field(text, "since_ms", wall_clock_ms());
  Record::finish(text);
  if (text.ok()) cache_.write(k_kind_fetching, name_, text.view());
}

// Another helper may have put its own note there meanwhile.
FetchingNote::~FetchingNote() {
  Text text;
  Record record;
  if (cache_.read(k_kind_fetching, name_, text) && record.parse(text.view(), k_kind_fetching) &&
      record.number("pid", 0) == ::getpid())
    cache_.remove(k_kind_fetching, name_);
}

void sweep(const Cache& cache, std::int64_t now_ms) {
  if (!cache.valid() || !sweep_due(cache, now_ms)) return;
  const int fd = ::openat(cache.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), ::closedir);
  if (!directory) {
    ::close(fd);
    return;
  }
  const std::int64_t deadline_ms = monotonic_ms() + k_sweeping_ms;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::int64_t keep_ms = kept_for_ms(entry->d_name);
    struct stat st {};
    if (keep_ms == 0 || ::fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
    // A time far ahead is one of a clock that was wrong.
    if (std::abs(now_ms - std::int64_t{st.st_mtim.tv_sec} * 1000) > keep_ms)
      ::unlinkat(fd, entry->d_name, 0);
    if (monotonic_ms() < deadline_ms) continue;
    // The next helper goes on.
    cache.remove(k_kind_swept, cache.name("swept"));
    return;
  }
}

}  // namespace pglakebase
