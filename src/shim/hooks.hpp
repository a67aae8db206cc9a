#pragma once

#include <cstdint>

/// dlsym() and dlopen() of this library, in front of the dynamic linker's.
///
/// Why. A preloaded library is found first by references that the dynamic linker resolves through
/// the global scope. Two kinds of programs do not ask there:
///
/// - ctypes, Ruby's Fiddle, Perl's FFI, JNA and .NET open libpq and look its functions up with
///   dlsym(handle, "PQconnectdb"), which searches the handle's objects alone.
/// - PHP and FreeRADIUS open their modules with RTLD_DEEPBIND: the module's references, and those
///   of the libpq that it brings, are resolved among the new objects first.
///
/// How. Both functions are stubs in assembly (hook_stubs_*.S) that look at the arguments and jump
/// to the next function of that name with everything as it was. It is a jump, not a call, since the
/// linker goes by the return address: RTLD_NEXT and RTLD_DEFAULT start from the caller's place, and
/// dlopen() takes the caller's RUNPATH and namespace. So another preloaded library that asks for
/// RTLD_NEXT gets what it would get without us: our wrapper if it stands before us, libpq's
/// function if it stands behind.
///
/// - dlsym() with a handle and a name that we wrap: what the next dlsym() says stands, unless it
///   lies in a libpq (an object that also has PQlibVersion). Then the caller gets a thunk
///   (libpq_thunks.hpp), which acts as our wrapper for that libpq. All else, RTLD_NEXT and
///   RTLD_DEFAULT too, is only passed on.
/// - dlopen() with RTLD_DEEPBIND of a file with "libpq", "pgsql" or "postgresql" in its name:
///   passed on without that flag, so that the module's references find this library first.
///
/// dlmopen() and dlvsym() are left alone. The stubs need nothing initialised, take no memory and no
/// lock, so that malloc() replacements and sanitizers can call them while they start. dlerror()
/// says afterwards what it would say without us: the last thing done is always the program's own
/// look-up.
///
/// PGLAKEBASE_HOOKS=off makes both pass everything on, as does whatever makes this library inert.
extern "C" {

struct PglakebaseSymbol {
  void* symbol;
  std::uintptr_t found;  ///< 0: nothing was looked up yet
};

/// For dlsym(), once the name begins with PQ: the answer, if it is one for us to give.
[[gnu::visibility("hidden")]] PglakebaseSymbol pglakebase_look_up(void* handle, const char* name);

/// For dlopen() with RTLD_DEEPBIND: is that flag to be dropped?
[[gnu::visibility("hidden")]] bool pglakebase_opens_libpq(const char* file);
}

namespace pglakebase {

/// Is this a file that has or brings a libpq, by its name?
bool is_named_for_libpq(const char* file);

}  // namespace pglakebase
