#pragma once

#include "loaded_object.hpp"

namespace pglakebase {

/// The function that the object itself defines under `name`; null if it defines none. Neither this
/// nor the other asks the dynamic linker: what dlerror() would say stays as it is.
void* function_of(const LoadedObject& object, const char* name);

/// The function that any other object than this library defines under `name`, in the order in which
/// they were loaded; null if there is none. An object that does not define `beside`, too, does not
/// count. For programs in which there is no dlsym() to ask: they open no libraries, so this is the
/// dynamic linker's own order.
void* function_elsewhere(const char* name, const char* beside = nullptr);

}  // namespace pglakebase
