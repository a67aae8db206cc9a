#pragma once

namespace pglakebase {

/// The function that any other object than this library defines under `name`, in the order in which
/// they were loaded; null if there is none. For programs in which there is no dlsym() to ask: they
/// open no libraries, so this is the dynamic linker's own order.
void* function_elsewhere(const char* name);

}  // namespace pglakebase
