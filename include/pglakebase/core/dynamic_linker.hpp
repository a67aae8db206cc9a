#pragma once

#include <dlfcn.h>

/// The functions of <dlfcn.h> under their oldest version, and weak.
///
/// Built on a new glibc the library would ask for the versions of 2.34, when these functions moved
/// from libdl to libc, and no older system could load it. libc has kept their first versions for
/// programs from before the move, and those are the same functions. On an older glibc libdl has
/// them: we do not ask for libdl, which every program would load for us, and need not. Whoever can
/// open a libpq at run time, or has one that knows TLS, has libdl in the global scope, where these
/// references find it. Where it is not, they are null instead of an error that would end the
/// program.
///
/// dlopen() and dlsym() are not among them: the preload library exports functions of these names,
/// which is what such a reference would find (src/shim/real_linker.hpp has the real ones).
#if defined(__x86_64__)
#define PGLAKEBASE_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define PGLAKEBASE_OLDEST "GLIBC_2.17"
#else
#error "the oldest version of glibc's symbols on this processor is not known here"
#endif

extern "C" {
[[gnu::weak]] int pglakebase_dlclose(void* handle);
[[gnu::weak]] int pglakebase_dladdr(const void* address, Dl_info* info);
[[gnu::weak]] void* pglakebase_dlvsym(void* handle, const char* name, const char* version);
}
asm(".symver pglakebase_dlclose, dlclose@" PGLAKEBASE_OLDEST);
asm(".symver pglakebase_dladdr, dladdr@" PGLAKEBASE_OLDEST);
asm(".symver pglakebase_dlvsym, dlvsym@" PGLAKEBASE_OLDEST);
