#include "pglakebase/cli/preload_list.hpp"

#include <sys/stat.h>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/core/locate.hpp"

namespace pglakebase {
namespace {

// What ld.so takes between two entries of LD_PRELOAD.
constexpr std::string_view k_separators = " :";

bool same_file(const std::string& a, const std::string& b) {
  if (a == b) return true;
  struct stat sa {};
  struct stat sb {};
  return ::stat(a.c_str(), &sa) == 0 && ::stat(b.c_str(), &sb) == 0 && sa.st_dev == sb.st_dev &&
         sa.st_ino == sb.st_ino;
}

bool next_entry(std::string_view& rest, std::string& entry) {
  const std::size_t begin = rest.find_first_not_of(k_separators);
  if (begin == std::string_view::npos) return false;
  rest.remove_prefix(begin);
  entry = rest.substr(0, rest.find_first_of(k_separators));
  rest.remove_prefix(entry.size());
  return true;
}

}  // namespace

std::string with_library(std::string_view list, const std::string& library) {
  std::string_view rest = list;
  std::string entry;
  while (next_entry(rest, entry))
    if (same_file(entry, library)) return std::string(list);
  if (list.empty()) return library;
  return std::string(list) + ":" + library;
}

std::string without_library(std::string_view list, const std::string& library) {
  std::string result;
  std::string entry;
  while (next_entry(list, entry)) {
    if (same_file(entry, library)) continue;
    if (!result.empty()) result += ':';
    result += entry;
  }
  return result;
}

std::string preload_library() {
  Text path;
  if (!locate_library(path))
    throw CommandError(k_exit_failed,
                       "libpglakebase.so is not in its place beside this command; install "
                       "pglakebase again");
  std::string library(path.view());
  if (library.find_first_of(" :\n") != std::string::npos)
    throw CommandError(k_exit_failed, "\"" + library +
                                          "\" cannot stand in LD_PRELOAD, which knows no blanks "
                                          "and colons in a path; move the installation");
  return library;
}

}  // namespace pglakebase
