#pragma once

#include "libpq.hpp"
#include "loaded_object.hpp"

namespace pglakebase {

/// A function that acts as the wrapped one, for that libpq: who calls through a pointer from
/// dlsym() stands in no scope that tells which libpq is meant (ctypes' calls come from libffi), so
/// the pointer has to. The same for the same libpq as long as it is loaded. Null where more libpqs
/// are loaded than there are slots for.
void* thunk_for(const LoadedObject& libpq, Wrapped function);

}  // namespace pglakebase
