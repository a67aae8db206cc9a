#include "loaded_object.hpp"

#include <link.h>

#include <cstddef>

#include "pglakebase/core/object_list.hpp"
#include "real_linker.hpp"

// Defined by the linker: where this library begins.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name, not ours to choose
extern "C" [[gnu::visibility("hidden")]] const char __ehdr_start;

namespace pglakebase {
namespace {

struct Search {
  std::uintptr_t address;
  LoadedObject found;
};

int compare_extent(dl_phdr_info* info, std::size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  LoadedObject object;
  object.start = ~std::uintptr_t{0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const std::uintptr_t start = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_DYNAMIC) object.dynamic = reinterpret_cast<const void*>(start);
    if (segment.p_type != PT_LOAD) continue;
    if (start < object.start) object.start = start;
    if (start + segment.p_memsz > object.end) object.end = start + segment.p_memsz;
  }
  if (search->address < object.start || search->address >= object.end) return 0;
  object.base = info->dlpi_addr;
  object.name = info->dlpi_name != nullptr ? info->dlpi_name : "";
  search->found = object;
  return 1;
}

int read_count(dl_phdr_info* info, std::size_t, void* data) {
  auto* count = static_cast<LoadCount*>(data);
  count->loaded = info->dlpi_adds;
  count->unloaded = info->dlpi_subs;
  return 1;
}

}  // namespace

LoadedObject object_of(const void* address) {
  Search search{reinterpret_cast<std::uintptr_t>(address), {}};
  if (address != nullptr) for_each_object(compare_extent, &search);
  return search.found;
}

bool is_own(const LoadedObject& object) {
  return object && object.holds(&__ehdr_start);
}

LoadCount LoadCount::now() {
  LoadCount count;
  for_each_object(read_count, &count);
  return count;
}

void* symbol_seen_from(const LoadedObject& object, const char* name) {
  // The program itself has no name, and is nobody's library.
  if (!object || object.name[0] == '\0' || !linker_available()) return nullptr;
  void* handle = real_dlopen(object.name, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return nullptr;
  void* symbol = real_dlsym(handle, name);
  real_dlclose(handle);
  return symbol;
}

}  // namespace pglakebase
