#include "pglakebase/core/fingerprint.hpp"

#include <cstring>

namespace pglakebase {

std::uint64_t fingerprint(std::string_view bytes, std::uint64_t start) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  const auto mix = [](std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * factor;
    return hash ^ hash >> 32;
  };
  std::uint64_t hash = start ^ bytes.size();
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    hash = mix(hash, word);
  }
  word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  return bytes.empty() ? hash : mix(hash, word);
}

}  // namespace pglakebase
