#pragma once

#include <cstdint>
#include <string_view>

namespace pglakebase {

/// Tells one content from another where nobody means to deceive: not a digest. Eight bytes at a
/// time, since tokens are long; a single changed word always shows. Depends on the byte order: not
/// for other machines.
std::uint64_t fingerprint(std::string_view bytes, std::uint64_t start = 0xcbf29ce484222325);

}  // namespace pglakebase
