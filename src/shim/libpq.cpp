#include "libpq.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>
#include <type_traits>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

const void* base_of(const void* address) {
  Dl_info info{};
  return address != nullptr && ::dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

// An object that holds an address: found by it, opened again by its name without loading anything.
class LoadedObject {
 public:
  explicit LoadedObject(const void* address) {
    link_map* map = nullptr;
    if (::dladdr1(address, &info_, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 ||
        map == nullptr)
      return;
    // The main program has no name; nobody calls it as a library.
    if (map->l_name != nullptr && map->l_name[0] != '\0')
      handle_ = ::dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
  }
  ~LoadedObject() {
    if (handle_ != nullptr) ::dlclose(handle_);
  }
  LoadedObject(const LoadedObject&) = delete;
  LoadedObject& operator=(const LoadedObject&) = delete;

  const void* base() const { return info_.dli_fbase; }
  /// Nobody wraps all of libpq: what has the rest of it is one, and no wrapper such as this library
  /// or another preloaded one, which must not be called back.
  bool defines(const char* name) const { return base_of(symbol(name)) == base(); }
  /// What code of this object would find, seen from its own scope alone.
  void* symbol(const char* name) const {
    return handle_ != nullptr ? ::dlsym(handle_, name) : nullptr;
  }

 private:
  Dl_info info_{};
  void* handle_ = nullptr;
};

const void* own_base() {
  static const char anchor = 0;
  return base_of(&anchor);
}

struct Search {
  const char* name;
  const void* own;
  void* found;
};

int look_into(dl_phdr_info* info, std::size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  if (info->dlpi_name == nullptr || info->dlpi_name[0] == '\0') return 0;
  void* handle = ::dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return 0;
  void* symbol = ::dlsym(handle, search->name);
  ::dlclose(handle);
  if (symbol == nullptr || base_of(symbol) == search->own) return 0;
  search->found = symbol;
  return 1;
}

}  // namespace

void* find_real(const char* name, const void* caller) {
  const void* own = own_base();
  void* next = ::dlsym(RTLD_NEXT, name);
  const void* next_base = base_of(next);
  if (next_base == own) next = nullptr;
  if (next != nullptr && base_of(caller) == next_base) return next;

  const LoadedObject calling(caller);
  void* local = calling.symbol(name);
  const void* local_base = base_of(local);
  if (local != nullptr && local_base == calling.base() && calling.defines("PQlibVersion"))
    return local;
  if (next != nullptr) return next;
  if (local != nullptr && local_base != own) return local;

  Search search{name, own, nullptr};
  ::dl_iterate_phdr(look_into, &search);
  return search.found;
}

bool in_same_object(const void* one, const void* other) {
  const void* base = base_of(one);
  return base != nullptr && base == base_of(other);
}

bool is_ping(const void* caller) {
  Dl_info info{};
  return ::dladdr(caller, &info) != 0 && info.dli_sname != nullptr &&
         starts_with(info.dli_sname, "PQping");
}

bool Libpq::load(const void* caller) {
  void* anchor = find_real("PQconnectStartParams", caller);
  if (anchor == nullptr) return false;
  const LoadedObject object(anchor);
  bool complete = true;
  const auto find = [&](auto& function, const char* name) {
    void* symbol = object.symbol(name);
    if (symbol == nullptr) symbol = find_real(name, caller);
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
    complete = complete && symbol != nullptr;
  };
  connectStartParams = reinterpret_cast<decltype(connectStartParams)>(anchor);
  find(connectdbParams, "PQconnectdbParams");
  find(connectPoll, "PQconnectPoll");
  find(conninfo, "PQconninfo");
  find(conninfoParse, "PQconninfoParse");
  find(conninfoFree, "PQconninfoFree");
  find(freemem, "PQfreemem");
  find(status, "PQstatus");
  find(errorMessage, "PQerrorMessage");
  find(pass, "PQpass");
  find(user, "PQuser");
  find(usedPassword, "PQconnectionUsedPassword");
  find(reset, "PQreset");
  find(resetStart, "PQresetStart");
  find(resetPoll, "PQresetPoll");
  find(isnonblocking, "PQisnonblocking");
  find(setnonblocking, "PQsetnonblocking");
  find(socket, "PQsocket");
  find(finish, "PQfinish");
  find(libVersion, "PQlibVersion");
  return complete;
}

}  // namespace pglakebase
