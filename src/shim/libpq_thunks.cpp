#include "libpq_thunks.hpp"

#include <atomic>

#include "entries.hpp"

namespace pglakebase {
namespace {

constexpr unsigned k_slots = 4;

// Where the libpq of each slot begins. One that was unloaded leaves its slot to the next: pointers
// into it had lost their function anyway.
constinit std::atomic<std::uintptr_t> g_libpqs[k_slots] = {};

template <typename Function>
struct Thunk;
template <typename Result, typename... Arguments>
struct Thunk<Result(Arguments...)> {
  template <unsigned slot, Result (*entry)(Arguments..., const void*)>
  static Result call(Arguments... arguments) {
    const std::uintptr_t libpq = g_libpqs[slot].load(std::memory_order_relaxed);
    // The calls count as the libpq's own: the real functions are then its own, too.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, which is all that is looked at
    return entry(arguments..., reinterpret_cast<const void*>(libpq));
  }
};

template <unsigned slot>
void* thunk_of_slot(Wrapped function) {
  switch (function) {
#define PGLAKEBASE_WRAPPED(name) \
  case Wrapped::name:            \
    return reinterpret_cast<void*>(&Thunk<decltype(::name)>::call<slot, entries::name>);
#include "libpq_functions.def"
#undef PGLAKEBASE_WRAPPED
    case Wrapped::count:
      break;
  }
  return nullptr;
}

bool is_loaded(std::uintptr_t start) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, which is all that is looked at
  return object_of(reinterpret_cast<const void*>(start)).start == start;
}

unsigned slot_of(std::uintptr_t libpq) {
  for (unsigned slot = 0; slot < k_slots; ++slot)
    if (g_libpqs[slot].load(std::memory_order_relaxed) == libpq) return slot;
  for (unsigned slot = 0; slot < k_slots; ++slot) {
    std::uintptr_t before = g_libpqs[slot].load(std::memory_order_relaxed);
    if (before != 0 && is_loaded(before)) continue;
    if (g_libpqs[slot].compare_exchange_strong(before, libpq) || before == libpq) return slot;
  }
  return k_slots;
}

}  // namespace

void* thunk_for(const LoadedObject& libpq, Wrapped function) {
  static_assert(k_slots == 4);
  switch (slot_of(libpq.start)) {
    case 0:
      return thunk_of_slot<0>(function);
    case 1:
      return thunk_of_slot<1>(function);
    case 2:
      return thunk_of_slot<2>(function);
    case 3:
      return thunk_of_slot<3>(function);
    default:
      return nullptr;
  }
}

}  // namespace pglakebase
