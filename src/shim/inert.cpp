#include "inert.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/switches.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// The program of a process does not change under a loaded library: asked once.
bool is_postgres_server() {
  static std::atomic<int> answer{-1};
  int known = answer.load(std::memory_order_relaxed);
  if (known >= 0) return known != 0;
  char path[512];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  std::string_view name(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  if (ends_with(name, " (deleted)")) name.remove_suffix(10);
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name = slice(name, slash + 1);
  known = name == "postgres" || name == "postmaster" ? 1 : 0;
  answer.store(known, std::memory_order_relaxed);
  return known != 0;
}

}  // namespace

bool is_inert() {
  if (::getauxval(AT_SECURE) != 0) return true;
  if (switched_off()) return true;
  return is_postgres_server() && environment("PGLAKEBASE_SERVER") == nullptr;
}

bool service_allowed_here(std::string_view service) {
  if (!is_postgres_server()) return true;
  const char* listed = environment("PGLAKEBASE_SERVER");
  if (listed == nullptr || service.empty()) return false;
  std::string_view rest(listed);
  std::string_view name;
  while (take_until(rest, ',', name))
    if (trim(name) == service) return true;
  return false;
}

}  // namespace pglakebase
