#include "symbol_table.hpp"

#include <link.h>

#include <cstdint>
#include <cstring>

#include "loaded_object.hpp"
#include "pglakebase/core/object_list.hpp"

namespace pglakebase {
namespace {

using Address = ElfW(Addr);
using Symbol = ElfW(Sym);

// What DT_GNU_HASH points to, which every linker writes: four words, a filter, buckets, chains.
struct HashTable {
  std::uint32_t bucket_count;
  std::uint32_t first_symbol;
  std::uint32_t filter_size;
  std::uint32_t filter_shift;

  const Address* filter() const { return reinterpret_cast<const Address*>(this + 1); }
  const std::uint32_t* buckets() const {
    return reinterpret_cast<const std::uint32_t*>(filter() + filter_size);
  }
  const std::uint32_t* chains() const { return buckets() + bucket_count; }

  // Two bits of one word, by which most names that are not there are told.
  bool may_hold(std::uint32_t hash) const {
    constexpr std::uint32_t bits = 8 * sizeof(Address);
    if (filter_size == 0) return true;
    const Address word = filter()[hash / bits % filter_size];
    return (word >> hash % bits & word >> (hash >> filter_shift) % bits & 1) != 0;
  }
};

struct SymbolTable {
  const HashTable* hashes = nullptr;
  const Symbol* symbols = nullptr;
  const char* names = nullptr;

  bool whole() const { return hashes != nullptr && symbols != nullptr && names != nullptr; }
};

// The dynamic linker makes these addresses absolute, except in the kernel's own object.
template <typename Type>
const Type* pointer(std::uintptr_t base, Address value) {
  return reinterpret_cast<const Type*>(value < base ? value + base : value);
}

SymbolTable table_at(const void* dynamic, std::uintptr_t base) {
  SymbolTable table;
  const auto* entry = static_cast<const ElfW(Dyn)*>(dynamic);
  // Each object's is memory that nobody has looked at for a while: no more of it than needed.
  for (; entry != nullptr && entry->d_tag != DT_NULL && !table.whole(); ++entry) {
    const Address value = entry->d_un.d_ptr;
    if (entry->d_tag == DT_GNU_HASH) table.hashes = pointer<HashTable>(base, value);
    if (entry->d_tag == DT_SYMTAB) table.symbols = pointer<Symbol>(base, value);
    if (entry->d_tag == DT_STRTAB) table.names = pointer<char>(base, value);
  }
  return table;
}

SymbolTable table_of(const dl_phdr_info& info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    if (segment.p_type == PT_DYNAMIC)
      return table_at(reinterpret_cast<const void*>(info.dlpi_addr + segment.p_vaddr),
                      info.dlpi_addr);
  }
  return {};
}

struct Name {
  explicit Name(const char* name) : text(name) {
    for (; *name != '\0'; ++name) hash = hash * 33 + static_cast<unsigned char>(*name);
  }

  const char* text;
  std::uint32_t hash = 5381;
};

const Symbol* find_function(const SymbolTable& table, const Name& name) {
  const std::uint32_t hash = name.hash;
  if (!table.whole() || table.hashes->bucket_count == 0 || !table.hashes->may_hold(hash))
    return nullptr;
  std::uint32_t number = table.hashes->buckets()[hash % table.hashes->bucket_count];
  if (number < table.hashes->first_symbol) return nullptr;
  // The lowest bit of a hash marks the end of its chain.
  for (;; ++number) {
    const std::uint32_t other = table.hashes->chains()[number - table.hashes->first_symbol];
    const Symbol& symbol = table.symbols[number];
    if ((other | 1) == (hash | 1) && symbol.st_shndx != SHN_UNDEF &&
        ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
        std::strcmp(table.names + symbol.st_name, name.text) == 0)
      return &symbol;
    if ((other & 1) != 0) return nullptr;
  }
}

void* address_of(const Symbol& symbol, std::uintptr_t base) {
  return reinterpret_cast<void*>(base + symbol.st_value);
}

struct Search {
  Name name;
  const char* beside = nullptr;
  bool in_thread_storage = false;
  void* found = nullptr;
};

int look_into(dl_phdr_info* info, std::size_t, void* data) {
  auto* search = static_cast<Search*>(data);
  if (search->in_thread_storage && info->dlpi_tls_modid == 0) return 0;
  const SymbolTable table = table_of(*info);
  const Symbol* symbol = find_function(table, search->name);
  if (symbol == nullptr ||
      (search->beside != nullptr && find_function(table, Name(search->beside)) == nullptr))
    return 0;
  void* function = address_of(*symbol, info->dlpi_addr);
  if (is_own(object_of(function))) return 0;
  search->found = function;
  return 1;
}

}  // namespace

OwnFunctions::OwnFunctions(const LoadedObject& object) {
  const SymbolTable table = table_at(object.dynamic, object.base);
  hashes_ = table.hashes;
  symbols_ = table.symbols;
  names_ = table.names;
  base_ = object.base;
}

void* OwnFunctions::find(const char* name) const {
  const Symbol* symbol = find_function(
      {static_cast<const HashTable*>(hashes_), static_cast<const Symbol*>(symbols_), names_},
      Name(name));
  return symbol != nullptr ? address_of(*symbol, base_) : nullptr;
}

void* function_elsewhere(const char* name, const char* beside) {
  Search search{.name = Name(name), .beside = beside};
  for_each_object(look_into, &search);
  return search.found;
}

void* thread_function_elsewhere(const char* name) {
  Search search{.name = Name(name), .in_thread_storage = true};
  for_each_object(look_into, &search);
  return search.found;
}

}  // namespace pglakebase
