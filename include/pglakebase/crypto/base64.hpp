#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pglakebase {

/// Standard base64 with padding (RFC 4648, section 4).
std::string base64(std::string_view bytes);

/// base64url without padding (RFC 7515, section 2).
std::string base64url(std::string_view bytes);

/// The bytes of standard base64 with padding. Nothing if it is none.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace pglakebase
