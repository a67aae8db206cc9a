#include "inert.hpp"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <atomic>
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

// Not by its file's name: to find that behind links would cost a new process a twentieth of all
// that we add to its first connection, and a server is told by more than its name.
bool started_as_postgres() {
  const auto* started = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (started != nullptr && !is_a_servers(started)) return false;
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
  known = exports_like_one || started_as_postgres() ? yes : no;
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
