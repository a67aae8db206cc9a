#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "pglakebase/core/view.hpp"

namespace pglakebase {

/// Tells one content from another by chance, within one process: not a digest, and never kept or
/// shown. Eight bytes at a time, since tokens are long; a single changed word always shows.
inline std::uint64_t fingerprint(std::string_view bytes, std::uint64_t start = 0xcbf29ce484222325) {
  std::uint64_t hash = start ^ bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::string_view part = slice(bytes, 0, sizeof word);
    std::memcpy(&word, part.data(), part.size());
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
    bytes.remove_prefix(part.size());
  }
  return hash;
}

}  // namespace pglakebase
