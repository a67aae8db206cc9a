#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pglakebase {

/// Standard base64 with padding (RFC 4648, section 4).
std::string base64(std::string_view bytes);

/// Reads the URL-safe alphabet without padding (RFC 7515). Nothing on anything else.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace pglakebase
