#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pglakebase {

/// Milliseconds since 1970 of an RFC 3339 time such as 2026-02-06T17:07:00.123456789Z; an offset
/// must be given, as Z or +hh:mm. Digits behind the milliseconds are cut off. Nothing on anything
/// else.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace pglakebase
