#include "libpq.hpp"

#include <cstring>
#include <type_traits>

#include "pglakebase/core/dynamic_linker.hpp"
#include "pglakebase/core/view.hpp"
#include "real_linker.hpp"
#include "symbol_table.hpp"

namespace pglakebase {
namespace {

// No pointers, which would have to be relocated in every process.
constexpr char k_names[][21] = {
#define PGLAKEBASE_WRAPPED(name) #name,
#include "libpq_functions.def"
#undef PGLAKEBASE_WRAPPED
};

// The program and the libpq that it calls; drivers and a second libpq.
constexpr unsigned k_remembered = 4;
thread_local Meaning t_meanings[k_remembered];
thread_local unsigned t_next = 0;

// A program that has libpq built in is nobody's library.
bool defines(const LoadedObject& object, const char* name) {
  if (!object || object.name[0] == '\0') return false;
  const OwnFunctions own(object);
  return own.readable() ? own.find(name) != nullptr : object.holds(symbol_seen_from(object, name));
}

}  // namespace

Meaning& Meaning::at(const void* caller, const LoadCount& loaded) {
  for (Meaning& meaning : t_meanings)
    if (meaning.caller_.holds(caller) && meaning.count_ == loaded) return meaning;
  Meaning& meaning = t_meanings[t_next];
  t_next = (t_next + 1) % k_remembered;
  meaning = Meaning();
  meaning.caller_ = object_of(caller);
  meaning.count_ = loaded;
  return meaning;
}

void* Meaning::find(const char* name) const {
  void* next = linker_available() ? real_dlsym(RTLD_NEXT, name) : function_elsewhere(name);
  const LoadedObject next_object = object_of(next);
  if (is_own(next_object)) next = nullptr;
  // Nobody wraps all of libpq: what has the rest of it is one, and no wrapper such as this library
  // or another preloaded one, which must not be called back.
  const bool is_libpq = defines(caller_, "PQlibVersion");
  if (next != nullptr && is_libpq && next_object.start == caller_.start) return next;

  void* local = symbol_seen_from(caller_, name);
  const LoadedObject local_object = object_of(local);
  if (is_own(local_object)) local = nullptr;
  if (local != nullptr && is_libpq && local_object.start == caller_.start) return local;
  if (next != nullptr) return next;
  if (local != nullptr) return local;

  return function_elsewhere(name, "PQlibVersion");
}

void* Meaning::real(Wrapped function) {
  const auto number = static_cast<unsigned>(function);
  if (wrapped_[number] == nullptr) wrapped_[number] = find(k_names[number]);
  return wrapped_[number];
}

bool Meaning::caller_is_libpq() {
  if (is_libpq_ == Known::unknown) {
    const void* function = real(Wrapped::PQconnectStartParams);
    is_libpq_ = function != nullptr && caller_.holds(function) ? Known::yes : Known::no;
  }
  return is_libpq_ == Known::yes;
}

const LoadedObject& Meaning::home() {
  if (home_) return home_;
  home_ = object_of(real(Wrapped::PQconnectStartParams));
  if (defines(home_, "PQlibVersion")) own_poll_ = OwnFunctions(home_).find("PQconnectPoll");
  return home_;
}

void* Meaning::own_poll() {
  home();
  return own_poll_;
}

bool Meaning::libpq(Libpq& functions) {
  if (complete_ == Known::unknown) {
    void* anchor = real(Wrapped::PQconnectStartParams);
    libpq_.loaded = count_;
    const OwnFunctions own(home());
    bool complete = anchor != nullptr;
    // One body for functions of all types.
    const auto look_up = [&](const char* name) {
      void* symbol = own.find(name);
      if (symbol == nullptr) symbol = find(name);
      complete = complete && symbol != nullptr;
      return symbol;
    };
    const auto get = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(look_up(name));
    };
    libpq_.connectStartParams = reinterpret_cast<decltype(libpq_.connectStartParams)>(anchor);
    // As the caller would reach them: through another preloaded wrapper, if there is one.
    libpq_.connectdbParams =
        reinterpret_cast<decltype(libpq_.connectdbParams)>(real(Wrapped::PQconnectdbParams));
    complete = complete && libpq_.connectdbParams != nullptr;
    get(libpq_.connectPoll, "PQconnectPoll");
    get(libpq_.conninfo, "PQconninfo");
    get(libpq_.conninfoParse, "PQconninfoParse");
    get(libpq_.conninfoFree, "PQconninfoFree");
    get(libpq_.freemem, "PQfreemem");
    get(libpq_.status, "PQstatus");
    get(libpq_.errorMessage, "PQerrorMessage");
    get(libpq_.pass, "PQpass");
    get(libpq_.user, "PQuser");
    get(libpq_.host, "PQhost");
    get(libpq_.options, "PQoptions");
    get(libpq_.usedPassword, "PQconnectionUsedPassword");
    get(libpq_.reset, "PQreset");
    get(libpq_.resetStart, "PQresetStart");
    get(libpq_.isnonblocking, "PQisnonblocking");
    get(libpq_.setnonblocking, "PQsetnonblocking");
    get(libpq_.socket, "PQsocket");
    get(libpq_.finish, "PQfinish");
    get(libpq_.libVersion, "PQlibVersion");
    if (own_poll_ != nullptr && home_.holds(reinterpret_cast<void*>(libpq_.connectdbParams)))
      libpq_.sslInUse = reinterpret_cast<decltype(libpq_.sslInUse)>(own.find("PQsslInUse"));
    complete_ = complete ? Known::yes : Known::no;
  }
  functions = libpq_;
  return complete_ == Known::yes;
}

bool Meaning::is_ping(const void* caller) {
  if (&pglakebase_dladdr == nullptr || !caller_is_libpq()) return false;
  Dl_info info{};
  return pglakebase_dladdr(caller, &info) != 0 && info.dli_sname != nullptr &&
         starts_with(info.dli_sname, "PQping");
}

bool wrapped_by_name(const char* name, Wrapped& function) {
  for (unsigned number = 0; number < static_cast<unsigned>(Wrapped::count); ++number) {
    if (std::strcmp(name, k_names[number]) != 0) continue;
    function = static_cast<Wrapped>(number);
    return true;
  }
  return false;
}

}  // namespace pglakebase
