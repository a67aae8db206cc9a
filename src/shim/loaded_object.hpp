#pragma once

#include <cstdint>

namespace pglakebase {

/// A loaded object's place in memory; empty for none.
struct LoadedObject {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  std::uintptr_t base = 0;        ///< what its addresses are counted from
  const void* dynamic = nullptr;  ///< the dynamic linker's table in it (PT_DYNAMIC), if it has one
  const char* name = nullptr;     ///< the linker's; lives as long as the object. "" for the program

  bool holds(const void* address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    return at >= start && at < end;
  }
  explicit operator bool() const { return end != 0; }
};

/// The object that holds an address. (dladdr() tells as well, but looks through all its symbols.)
LoadedObject object_of(const void* address);

/// Is it this library?
bool is_own(const LoadedObject& object);

/// How many objects were loaded and unloaded so far: what was found out before a change may be
/// wrong after it.
struct LoadCount {
  unsigned long long loaded = 0;
  unsigned long long unloaded = 0;

  static LoadCount now();
  bool operator==(const LoadCount& other) const {
    return loaded == other.loaded && unloaded == other.unloaded;
  }
};

/// What code of `object` finds under `name`, seen from its own scope alone; null if it finds
/// nothing.
void* symbol_seen_from(const LoadedObject& object, const char* name);

}  // namespace pglakebase
