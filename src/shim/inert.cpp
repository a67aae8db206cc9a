#include "inert.hpp"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/switches.hpp"
#include "pglakebase/core/view.hpp"
#include "real_linker.hpp"

namespace pglakebase {
namespace {

bool is_a_servers(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file = slice(file, slash + 1);
  return file == "postgres" || file == "postmaster";
}

// A file that is no link has been started under its own name. (A script's name tells nothing of its
// interpreter; one that is a server exports its variables.)
bool started_as_another() {
  const auto* file = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  char target[1];
  return file != nullptr && file[0] == '/' && !is_a_servers(file) &&
         ::readlink(file, target, sizeof target) < 0 && errno == EINVAL;
}

// The kernel's word costs a new process a tenth of all that we add to its first connection.
bool program_is_named_postgres() {
  if (started_as_another()) return false;
  char path[512];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  std::string_view file(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  if (ends_with(file, " (deleted)")) file.remove_suffix(10);
  return is_a_servers(file);
}

// The program of a process does not change under a loaded library: asked once. Whatever its file is
// called, a server exports its variables for extensions.
bool is_postgres_server() {
  enum : int { unknown, no, yes };
  static std::atomic<int> answer{unknown};
  int known = answer.load(std::memory_order_relaxed);
  if (known != unknown) return known == yes;
  const bool exports_like_one =
      linker_available() && real_dlsym(RTLD_DEFAULT, "PostmasterPid") != nullptr;
  known = program_is_named_postgres() || exports_like_one ? yes : no;
  answer.store(known, std::memory_order_relaxed);
  return known == yes;
}

}  // namespace

bool is_inert() {
  if (::getauxval(AT_SECURE) != 0) return true;
  if (switched_off()) return true;
  return is_postgres_server() && environment("PGLAKEBASE_SERVER") == nullptr;
}

bool service_allowed_here(std::string_view service, bool own_hosts) {
  if (!is_postgres_server()) return true;
  const char* listed = environment("PGLAKEBASE_SERVER");
  if (listed == nullptr || service.empty() || !own_hosts) return false;
  std::string_view rest(listed);
  std::string_view name;
  while (take_until(rest, ',', name))
    if (trim(name) == service) return true;
  return false;
}

}  // namespace pglakebase
