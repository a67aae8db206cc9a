// The file of learned roots: hosts, now, place and length of a piece, then what is put there. With
// another key than ours nobody makes one that counts.
#include "pglakebase/core/learned_roots.hpp"

#include "fuzz.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

constexpr std::int64_t k_learned_ms = 1'800'000'000'000;
constexpr std::string_view k_pem =
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUAAAA\n-----END CERTIFICATE-----\n";

// From the certificates on: what OpenSSL reads.
std::string_view certificates(std::string_view content) {
  const std::size_t end = content.find("\nend=1\n");
  return end == std::string_view::npos ? std::string_view() : content.substr(end + 7);
}

}  // namespace

void run(std::string_view input) {
  static const Cache cache = Cache::open_at(directory() + "/cache");
  static const std::string bundle = write_file("bundle.pem", std::string(20'000, 'x'), 0644);
  const std::string hosts = c_string(take_line(input));
  const std::int64_t now_ms = k_learned_ms + take_number(input) % 200'000'000;
  const auto place = static_cast<std::size_t>(take_number(input) & 0xfff);
  const auto length = static_cast<std::size_t>(take_number(input) & 0xfff);

  const LearnedRoots roots(cache, {hosts, "", "5432", bundle});
  FUZZ_CHECK(roots.worthwhile() && roots.store(k_pem, k_learned_ms));
  Text stored;
  FUZZ_CHECK(cache.read(k_kind_roots, roots.name(), stored));
  FUZZ_CHECK(certificates(stored.view()) == k_pem);

  std::string changed(stored.view());
  changed.replace(std::min(place, changed.size()), length, input);
  cache.write(k_kind_roots, roots.name(), changed);
  Text path;
  const bool found = roots.find(path, now_ms);
  if (found) {
    // What is for people may differ, but not the roots, nor since when.
    FUZZ_CHECK(certificates(changed) == k_pem);
    FUZZ_CHECK(now_ms > k_learned_ms - 60'000 && now_ms < k_learned_ms + 86'400'000);
    FUZZ_CHECK(path.view().find("/roots-") != std::string_view::npos);
  } else if (changed == stored.view()) {
    FUZZ_CHECK(now_ms <= k_learned_ms - 60'000 || now_ms >= k_learned_ms + 86'400'000);
  }
  cache.remove(k_kind_roots, roots.name());
}

}  // namespace pglakebase::fuzz
