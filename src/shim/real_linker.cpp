#include "real_linker.hpp"

#include <atomic>

#include "pglakebase/core/dynamic_linker.hpp"
#include "symbol_table.hpp"

// What the stubs read and call, where sanitizers' run times start: nothing here is instrumented.
extern "C" {
[[gnu::visibility("hidden")]] constinit std::atomic<void*> pglakebase_next_dlsym = nullptr;
[[gnu::visibility("hidden")]] constinit std::atomic<void*> pglakebase_next_dlopen = nullptr;
[[gnu::visibility("hidden")]] void* pglakebase_find_next_dlsym();
[[gnu::visibility("hidden")]] void* pglakebase_find_next_dlopen();
}

namespace pglakebase {
namespace {

using Dlopen = decltype(&::dlopen);
using Dlsym = decltype(&::dlsym);

static_assert(sizeof(std::atomic<void*>) == sizeof(void*));

constinit std::atomic<void*> g_dlsym = nullptr;
constinit std::atomic<void*> g_dlopen = nullptr;

// Our own exports have no version, so that asking for the linker's finds the linker's alone.
void* find_real(const char* name) {
  void* found = nullptr;
  if (&pglakebase_dlvsym != nullptr) found = pglakebase_dlvsym(RTLD_NEXT, name, PGLAKEBASE_OLDEST);
  // musl has no versions, and libdl may stand in no scope of ours. Nobody hooks dlerror(): what has
  // it is the linker.
  return found != nullptr ? found : function_elsewhere(name, "dlerror");
}

void* real(std::atomic<void*>& known, const char* name) {
  void* function = known.load(std::memory_order_relaxed);
  if (function != nullptr) return function;
  function = find_real(name);
  known.store(function, std::memory_order_relaxed);
  return function;
}

void* next(std::atomic<void*>& known, const char* name) {
  void* function = known.load(std::memory_order_relaxed);
  if (function != nullptr) return function;
  const auto dlsym = reinterpret_cast<Dlsym>(real(g_dlsym, "dlsym"));
  if (dlsym != nullptr) function = dlsym(RTLD_NEXT, name);
  if (function == nullptr) function = find_real(name);
  known.store(function, std::memory_order_relaxed);
  return function;
}

}  // namespace

bool linker_available() {
  return &pglakebase_dlclose != nullptr && real(g_dlsym, "dlsym") != nullptr;
}

void* real_dlopen(const char* file, int mode) {
  const auto dlopen = reinterpret_cast<Dlopen>(real(g_dlopen, "dlopen"));
  return dlopen != nullptr ? dlopen(file, mode) : nullptr;
}

void* real_dlsym(void* handle, const char* name) {
  return reinterpret_cast<Dlsym>(real(g_dlsym, "dlsym"))(handle, name);
}

int real_dlclose(void* handle) {
  return pglakebase_dlclose(handle);
}

void* next_dlsym(void* handle, const char* name) {
  const auto dlsym = reinterpret_cast<Dlsym>(pglakebase_find_next_dlsym());
  return dlsym != nullptr ? dlsym(handle, name) : nullptr;
}

}  // namespace pglakebase

void* pglakebase_find_next_dlsym() {
  return pglakebase::next(pglakebase_next_dlsym, "dlsym");
}

void* pglakebase_find_next_dlopen() {
  return pglakebase::next(pglakebase_next_dlopen, "dlopen");
}
