#include "hooks.hpp"

#include <dlfcn.h>

#include <string_view>

#include "errno_keeper.hpp"
#include "inert.hpp"
#include "libpq.hpp"
#include "libpq_thunks.hpp"
#include "loaded_object.hpp"
#include "pglakebase/core/switches.hpp"
#include "pglakebase/core/view.hpp"
#include "real_linker.hpp"
#include "symbol_table.hpp"

namespace pglakebase {
namespace {

bool hooks_are_off() {
  return hooks_switched_off() || is_inert();
}

}  // namespace

bool is_named_for_libpq(const char* file) {
  std::string_view name(file);
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name = slice(name, slash + 1);
  for (const char* part : {"libpq", "pgsql", "postgresql"})
    if (name.find(part) != std::string_view::npos) return true;
  return false;
}

}  // namespace pglakebase

using namespace pglakebase;

PglakebaseSymbol pglakebase_look_up(void* handle, const char* name) {
  const ErrnoKeeper keeper;
  Wrapped function;
  if (handle == RTLD_DEFAULT || handle == RTLD_NEXT || !wrapped_by_name(name, function) ||
      hooks_are_off())
    return {nullptr, 0};
  void* symbol = next_dlsym(handle, name);
  // The program's own functions are nobody's library, and other wrappers have their reasons. An
  // object of another namespace is not seen from here.
  const LoadedObject object = object_of(symbol);
  if (!object || object.name[0] == '\0' || is_own(object) ||
      OwnFunctions(object).find("PQlibVersion") == nullptr)
    return {symbol, 1};
  void* thunk = thunk_for(object, function);
  return {thunk != nullptr ? thunk : symbol, 1};
}

bool pglakebase_opens_libpq(const char* file) {
  const ErrnoKeeper keeper;
  return is_named_for_libpq(file) && !hooks_are_off();
}
