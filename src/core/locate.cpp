#include "pglakebase/core/locate.hpp"

#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <cstring>
#include <span>

#include "pglakebase/core/dynamic_linker.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase_config.h"

#include <fcntl.h>

namespace pglakebase {
namespace {

constexpr std::size_t k_maps_limit = 4 * 1024 * 1024;

bool parse_hex(std::string_view text, std::uintptr_t& value) {
  value = 0;
  for (const char c : text) {
    const char lower = ascii_lower(c);
    const int digit = c >= '0' && c <= '9'           ? c - '0'
                      : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                     : -1;
    if (digit < 0) return false;
    value = value * 16 + static_cast<std::uintptr_t>(digit);
  }
  return !text.empty();
}

// The kernel's own word on which file this code was mapped from: dladdr() gives a relative path for
// a library preloaded by one, and the directory it was relative to may be left long ago.
bool own_file_from_maps(std::uintptr_t address, Text& path) {
  const UniqueFd fd(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  Text maps;
  if (!fd.valid() || !read_all(fd.get(), k_maps_limit, maps)) return false;
  std::string_view rest = maps.view();
  std::string_view line;
  while (take_until(rest, '\n', line)) {
    std::string_view range;
    std::string_view fields = line;
    std::string_view low;
    std::uintptr_t first = 0;
    std::uintptr_t last = 0;
    take_until(fields, ' ', range);
    take_until(range, '-', low);
    if (!parse_hex(low, first) || !parse_hex(range, last)) continue;
    if (address < first || address >= last) continue;
    const std::size_t slash = line.find('/');
    path.assign(slash == std::string_view::npos ? std::string_view{} : slice(line, slash));
    return !path.empty();
  }
  return false;
}

bool own_file(Text& path) {
  static const char anchor = 0;
  Dl_info info{};
  if (&pglakebase_dladdr != nullptr && pglakebase_dladdr(&anchor, &info) != 0 &&
      info.dli_fname != nullptr && info.dli_fname[0] == '/') {
    path.assign(info.dli_fname);
  } else if (!own_file_from_maps(reinterpret_cast<std::uintptr_t>(&anchor), path)) {
    return false;
  }
  // Through links (a bindir of links is common), so that "beside" means beside the real file.
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return false;
  path.assign(real);
  std::free(real);
  return path.ok();
}

// The first of `places`, relative to the directory of our own file, that has `name`.
bool find_beside(std::span<const char* const> places, std::string_view name, int mode, Text& path) {
  Text own;
  if (!own_file(own)) return false;
  const std::size_t slash = own.view().rfind('/');
  for (const char* place : places) {
    Text candidate(slice(own.view(), 0, slash + 1));
    candidate.append(place).append(name);
    if (!candidate.ok() || ::access(candidate.c_str(), mode) != 0) continue;
    path = static_cast<Text&&>(candidate);
    return true;
  }
  return false;
}

}  // namespace

bool locate_helper(Text& path) {
  constexpr const char* places[] = {
      PGLAKEBASE_LIBDIR_TO_LIBEXECDIR,  // from the installed library
      PGLAKEBASE_BINDIR_TO_LIBEXECDIR,  // from the installed command
      "../cli",                         // in the build tree
  };
  return find_beside(places, "/pglakebase-fetch", X_OK, path);
}

bool locate_library(Text& path) {
  constexpr const char* places[] = {
      PGLAKEBASE_BINDIR_TO_LIBDIR,  // from the installed command
      "../shim",                    // in the build tree
  };
  Text found;
  if (!find_beside(places, "/libpglakebase.so", R_OK, found)) return false;
  // It is shown to people and kept in environments: without "bin/../".
  char* real = ::realpath(found.c_str(), nullptr);
  if (real == nullptr) return false;
  path.assign(real);
  std::free(real);
  return path.ok();
}

}  // namespace pglakebase
