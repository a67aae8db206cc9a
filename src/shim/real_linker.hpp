#pragma once

namespace pglakebase {

/// The dynamic linker's own dlopen(), dlsym() and dlclose(), which this library uses for itself;
/// what a plain call would find are its own exports (hooks.hpp). Found at the first call, and safe
/// from then on and before in any thread.
///
/// False where there are none, which is so on a glibc before 2.34 in a program without libdl: then
/// none of the others may be called.
bool linker_available();
void* real_dlopen(const char* file, int mode);
void* real_dlsym(void* handle, const char* name);
int real_dlclose(void* handle);

/// As the program would call it without this library: another preloaded one may hook it, too. Null
/// for whatever name where there is none.
void* next_dlsym(void* handle, const char* name);

}  // namespace pglakebase
