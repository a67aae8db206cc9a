#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pglakebase {

/// Standard base64 with padding (RFC 4648, section 4).
std::string base64(std::string_view bytes);

/// RFC 4648, section 5, without padding: as in JSON web tokens.
std::string base64url(std::string_view bytes);
/// Nothing if `text` is not of that form.
std::optional<std::string> base64url_decoded(std::string_view text);

/// The bytes of standard base64 with padding. Nothing if it is none.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace pglakebase
