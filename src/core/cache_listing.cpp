#include "pglakebase/core/cache_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

bool is_entry_name(std::string_view text) {
  if (text.size() != 64) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

CacheListing::CacheListing(const Cache& cache) {
  if (!cache.valid()) return;
  // A description of its own: the position in a directory belongs to the description.
  const int fd = ::openat(cache.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  stream_ = ::fdopendir(fd);
  if (stream_ == nullptr) ::close(fd);
}

CacheListing::~CacheListing() {
  if (stream_ != nullptr) ::closedir(static_cast<DIR*>(stream_));
}

bool CacheListing::next(Text& kind, EntryName& name) {
  if (stream_ == nullptr) return false;
  while (const dirent* entry = ::readdir(static_cast<DIR*>(stream_))) {
    const std::string_view file(entry->d_name);
    const std::size_t dash = file.find('-');
    if (dash == 0 || dash == std::string_view::npos) continue;
    const std::string_view hex = slice(file, dash + 1);
    if (!is_entry_name(hex)) continue;
    kind.assign(slice(file, 0, dash));
    std::copy_n(hex.data(), hex.size(), name.hex);
    return kind.ok();
  }
  return false;
}

}  // namespace pglakebase
