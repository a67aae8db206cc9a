#include "pglakebase/core/learned_roots.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/fingerprint.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_hour_ms = 3'600'000;
constexpr std::int64_t k_day_ms = 24 * k_hour_ms;
// A clock may be a little ahead of another one's.
constexpr std::int64_t k_clocks_differ_ms = 60'000;
// Some ten roots: parsing them takes less than two milliseconds.
constexpr std::int64_t k_small_bundle = 16 * 1024;
constexpr std::string_view k_record_end = "\nend=1\n";
constexpr char k_first_certificate[] = "-----BEGIN ";

bool within(std::int64_t since_ms, std::int64_t span_ms, std::int64_t now_ms) {
  const std::int64_t age = now_ms - since_ms;
  return age > -k_clocks_differ_ms && age < span_ms;
}

// No digest, which would cost more than all else that is done here: the record repeats the target.
EntryName name_of(const Cache& cache, std::string_view target) {
  Digest digest;
  std::uint64_t word = fingerprint(cache.key());
  for (std::size_t at = 0; at < digest.size(); at += sizeof word) {
    word = fingerprint(target, word + at);
    std::memcpy(digest.data() + at, &word, sizeof word);
  }
  return entry_name(digest);
}

// The helper runs in another directory, so that only an absolute path means the same to both.
bool is_large_bundle(const char* path, struct stat& st) {
  return path[0] == '/' && status_of(path, &st) == 0 && S_ISREG(st.st_mode) &&
         st.st_size >= k_small_bundle;
}

}  // namespace

LearnedRoots::LearnedRoots(const Cache& cache, const RootsTarget& target) : cache_(cache) {
  const Text bundle(target.bundle);
  struct stat st {};
  if (!cache.valid() || !bundle.ok() || !is_large_bundle(bundle.c_str(), st)) return;
  append_field(target_, "hosts", target.hosts);
  append_field(target_, "hostaddrs", target.hostaddrs);
  append_field(target_, "ports", target.ports);
  append_file_stamp(target_, target.bundle, &st);
  if (!target_.ok()) return;
  name_ = name_of(cache, target_.view());
  worthwhile_ = true;
}

std::int64_t LearnedRoots::sum(std::int64_t learned_ms, std::string_view pem) const {
  const std::uint64_t whole =
      fingerprint(pem, fingerprint(name_.view(), static_cast<std::uint64_t>(learned_ms)));
  // A number of a record has up to 18 digits.
  return static_cast<std::int64_t>(whole >> 8);
}

bool LearnedRoots::find(Text& path, std::int64_t now_ms) const {
  Text content;
  if (!worthwhile_ || !cache_.read(k_kind_roots, name_, content)) return false;
  const std::size_t end = content.view().find(k_record_end);
  if (end == std::string_view::npos) return false;
  const std::size_t record_size = end + k_record_end.size();
  Record record;
  if (!record.parse(slice(content.view(), 0, record_size), k_kind_roots) ||
      record.get("target") != target_.view())
    return false;
  const std::int64_t learned_ms = record.number("learned_ms", 0);
  const std::string_view pem = slice(content.view(), record_size);
  if (!within(learned_ms, k_day_ms, now_ms) || !starts_with(pem, k_first_certificate)) return false;
  if (record.number("sum", -1) != sum(learned_ms, pem)) return false;
  path.append(cache_.path()).append_char('/').append(k_kind_roots).append_char('-');
  path.append(name_.view());
  return path.ok();
}

bool LearnedRoots::store(std::string_view pem, std::int64_t now_ms) const {
  if (!worthwhile_ || !starts_with(pem, k_first_certificate)) return false;
  Text content;
  Record::begin(content, k_kind_roots);
  append_field(content, "target", target_.view());
  append_field(content, "learned_ms", now_ms);
  append_field(content, "sum", sum(now_ms, pem));
  Record::finish(content);
  content.append(pem);
  return content.ok() && cache_.write(k_kind_roots, name_, content.view());
}

bool LearnedRoots::claim(std::int64_t now_ms) const {
  if (!worthwhile_) return false;
  Text text;
  Record record;
  const bool present = cache_.read(k_kind_learning, name_, text);
  if (present && record.parse(text.view(), k_kind_learning) &&
      record.get("target") == target_.view() &&
      within(record.number("since_ms", 0), k_hour_ms, now_ms))
    return false;
  text.clear();
  Record::begin(text, k_kind_learning);
  append_field(text, "target", target_.view());
  append_field(text, "since_ms", now_ms);
  Record::finish(text);
  if (!text.ok()) return false;
  // One that is over or damaged is replaced; the helper looks again, behind a lock, for the case
  // that several do so at once.
  if (cache_.create(k_kind_learning, name_, text.view())) return true;
  return errno == EEXIST && (present || !cache_.read(k_kind_learning, name_, text)) &&
         cache_.write(k_kind_learning, name_, text.view());
}

void LearnedRoots::give_up_claim() const {
  cache_.remove(k_kind_learning, name_);
}

void append_learn_request(Text& out, const Cache& cache, const RootsTarget& target) {
  Record::begin(out, k_kind_learn);
  append_field(out, "uid", std::int64_t{::geteuid()});
  append_field(out, "cache", cache.path());
  append_field(out, "hosts", target.hosts);
  append_field(out, "hostaddrs", target.hostaddrs);
  append_field(out, "ports", target.ports);
  append_field(out, "bundle", target.bundle);
  Record::finish(out);
}

}  // namespace pglakebase
