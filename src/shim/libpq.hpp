#pragma once

#include <libpq-fe.h>

namespace pglakebase {

/// The functions of one libpq in this process: the one that a caller means.
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
  decltype(&::PQconnectionUsedPassword) usedPassword = nullptr;
  decltype(&::PQreset) reset = nullptr;
  decltype(&::PQresetStart) resetStart = nullptr;
  decltype(&::PQresetPoll) resetPoll = nullptr;
  decltype(&::PQisnonblocking) isnonblocking = nullptr;
  decltype(&::PQsetnonblocking) setnonblocking = nullptr;
  decltype(&::PQsocket) socket = nullptr;
  decltype(&::PQfinish) finish = nullptr;
  decltype(&::PQlibVersion) libVersion = nullptr;

  /// Finds all of them. False where one is missing: then nothing of ours can be done.
  bool load(const void* caller);
};

/// Finds the real function `name` that code at `caller` (a return address) means: its own where the
/// caller is a libpq itself, else the next one in the global scope, else the one in the caller's
/// own scope (a libpq that came with a plugin, under whatever soname), else any that is loaded.
/// Never a function of this library. Null if there is none.
void* find_real(const char* name, const void* caller);

/// Do both addresses lie in one loaded library or program?
bool in_same_object(const void* one, const void* other);

/// Is `caller` libpq's own PQping or PQpingParams? They go through PQconnectStart, only to see
/// whether a server answers: nobody logs in.
bool is_ping(const void* caller);

template <typename Function>
Function real_function(const char* name, const void* caller) {
  return reinterpret_cast<Function>(find_real(name, caller));
}

}  // namespace pglakebase
