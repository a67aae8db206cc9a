#include "pglakebase/core/environment.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace pglakebase {
namespace {

// Thread stacks may be small, so the buffer stands on the heap.
bool passwd_entry(Text& buffer, passwd& entry) {
  passwd* found = nullptr;
  return buffer.resize(16 * 1024) &&
         ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
         found != nullptr;
}

}  // namespace

const char* environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value != nullptr && value[0] != '\0' ? value : nullptr;
}

bool home_directory(Text& out) {
  out.clear();
  if (const char* home = environment("HOME"); home != nullptr && home[0] == '/') {
    out.append(home);
    return out.ok();
  }
  return passwd_home(out);
}

bool passwd_home(Text& out) {
  out.clear();
  Text buffer;
  passwd entry{};
  if (!passwd_entry(buffer, entry) || entry.pw_dir == nullptr || entry.pw_dir[0] != '/')
    return false;
  out.append(entry.pw_dir);
  return out.ok();
}

bool user_name(Text& out) {
  out.clear();
  Text buffer;
  passwd entry{};
  if (!passwd_entry(buffer, entry) || entry.pw_name == nullptr) return false;
  out.append(entry.pw_name);
  return out.ok();
}

}  // namespace pglakebase
