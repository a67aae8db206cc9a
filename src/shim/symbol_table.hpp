#pragma once

#include "loaded_object.hpp"

namespace pglakebase {

/// The functions that one object defines itself, read from its table of symbols: what dlsym() with
/// the object's handle says, at a fraction of what dlopen() costs to get one (it walks all that the
/// object needs). Says nothing for an object without the usual table (`readable()`).
class OwnFunctions {
 public:
  explicit OwnFunctions(const LoadedObject& object);
  bool readable() const { return hashes_ != nullptr; }
  /// Null if the object does not define it.
  void* find(const char* name) const;

 private:
  const void* hashes_ = nullptr;
  const void* symbols_ = nullptr;
  const char* names_ = nullptr;
  std::uintptr_t base_ = 0;
};

/// The function that any other object than this library defines under `name`, in the order in which
/// they were loaded; null if there is none. An object that does not define `beside`, too, does not
/// count. For programs in which there is no dlsym() to ask: they open no libraries, so this is the
/// dynamic linker's own order.
void* function_elsewhere(const char* name, const char* beside = nullptr);
/// The same, for a function that tells what an object keeps for each thread: objects that have no
/// thread-local storage are passed over, which is most of them, and costs no look at their memory.
void* thread_function_elsewhere(const char* name);

}  // namespace pglakebase
