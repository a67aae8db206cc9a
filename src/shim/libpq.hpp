#pragma once

#include <libpq-fe.h>

#include "loaded_object.hpp"

namespace pglakebase {

/// The functions of one libpq in this process.
struct Libpq {
  decltype(&::PQconnectdbParams) connectdbParams = nullptr;
  decltype(&::PQconnectStartParams) connectStartParams = nullptr;
  decltype(&::PQconnectPoll) connectPoll = nullptr;
  decltype(&::PQconninfo) conninfo = nullptr;
  decltype(&::PQconninfoParse) conninfoParse = nullptr;
  decltype(&::PQconninfoFree) conninfoFree = nullptr;
  decltype(&::PQfreemem) freemem = nullptr;
  decltype(&::PQstatus) status = nullptr;
  decltype(&::PQerrorMessage) errorMessage = nullptr;
  decltype(&::PQpass) pass = nullptr;
  decltype(&::PQuser) user = nullptr;
  decltype(&::PQhost) host = nullptr;
  decltype(&::PQoptions) options = nullptr;
  decltype(&::PQconnectionUsedPassword) usedPassword = nullptr;
  decltype(&::PQreset) reset = nullptr;
  decltype(&::PQresetStart) resetStart = nullptr;
  decltype(&::PQisnonblocking) isnonblocking = nullptr;
  decltype(&::PQsetnonblocking) setnonblocking = nullptr;
  decltype(&::PQsocket) socket = nullptr;
  decltype(&::PQfinish) finish = nullptr;
  decltype(&::PQlibVersion) libVersion = nullptr;
  /// Null where this libpq has none, and where another wrapper stands in front of it, which may
  /// want to see whole calls.
  decltype(&::PQsslInUse) sslInUse = nullptr;

  LoadCount loaded;  ///< by which it was found
};

/// The wrapped functions, numbered.
enum class Wrapped : unsigned char {
#define PGLAKEBASE_WRAPPED(name) name,
#include "libpq_functions.def"
#undef PGLAKEBASE_WRAPPED
  count
};

/// False if no function of that name is wrapped.
bool wrapped_by_name(const char* name, Wrapped& function);

/// What code of one object means by libpq's names: the functions of its own where it is a libpq
/// itself, else the next ones in the global scope, else those in its own scope (a libpq that came
/// with a plugin, under whatever soname), else any that are loaded. Never functions of this
/// library.
class Meaning {
 public:
  /// For the code at a return address, with so many objects loaded. Remembered by this thread until
  /// an object is loaded or unloaded; the reference holds until the next call.
  static Meaning& at(const void* caller, const LoadCount& loaded);

  /// The real function; null if there is none.
  void* real(Wrapped function);
  /// The object with the real functions: a libpq, or another preloaded wrapper in front of it.
  const LoadedObject& home();
  /// Its PQconnectPoll; null if it is none of its functions.
  void* own_poll();
  /// False where one of the functions is missing: then nothing of ours can be done.
  bool libpq(Libpq& functions);
  /// Is the code at `caller`, whose meaning this is, PQping or PQpingParams? They log nobody in.
  bool is_ping(const void* caller);
  /// Does that code lie in the same object as this function?
  bool beside(const void* function) const { return caller_.holds(function); }

 private:
  bool caller_is_libpq();
  void* find(const char* name) const;

  LoadedObject caller_;
  LoadCount count_;
  LoadedObject home_;
  void* own_poll_ = nullptr;
  void* wrapped_[static_cast<unsigned>(Wrapped::count)] = {};
  Libpq libpq_;
  enum class Known : unsigned char { unknown, no, yes } complete_ = Known::unknown;
  Known is_libpq_ = Known::unknown;
};

}  // namespace pglakebase
