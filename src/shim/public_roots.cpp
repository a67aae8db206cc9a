#include "public_roots.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <string_view>

#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/text.hpp"
#include "pglakebase/core/view.hpp"
#include "tls_policy.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_few_certificates = 16 * 1024;
constexpr std::size_t k_largest_bundle = 4 * 1024 * 1024;
// PEM has 64 digits a line (RFC 7468, section 2); the last line of a certificate may be short.
constexpr std::size_t k_full_line = 64;

// The last full line of a certificate is a part of its signature: no two have the same. One that is
// written otherwise could be any.
bool may_share_certificate(std::string_view file, std::string_view bundle) {
  std::string_view line;
  std::string_view last;
  while (take_until(file, '\n', line)) {
    line = trim(line);
    if (starts_with(line, "-----END")) {
      if (last.empty() || bundle.find(last) != std::string_view::npos) return true;
    } else if (starts_with(line, "-----BEGIN")) {
      last = {};
    } else if (line.size() == k_full_line) {
      last = line;
    }
  }
  return false;
}

}  // namespace

bool names_public_authority(const char* path) {
  char* absolute = ::realpath(path, nullptr);
  if (absolute == nullptr) return false;
  Text file;
  struct stat st {};
  const bool small = status_of(absolute, &st) == 0 &&
                     st.st_size < static_cast<off_t>(k_few_certificates) &&
                     read_regular_file(absolute, k_few_certificates, file);
  std::free(absolute);
  if (!small) return true;
  Text place;
  Text bundle;
  if (!find_root_bundle(place)) return false;
  return !read_regular_file(place.c_str(), k_largest_bundle, bundle) ||
         may_share_certificate(file.view(), bundle.view());
}

}  // namespace pglakebase
