#pragma once

#include <cstdint>
#include <string_view>

namespace pglakebase {

/// Tells one content from another by chance, within one process: not a digest, and never kept or
/// shown. Eight bytes at a time, since tokens are long; a single changed word always shows.
std::uint64_t fingerprint(std::string_view bytes, std::uint64_t start = 0xcbf29ce484222325);

}  // namespace pglakebase
