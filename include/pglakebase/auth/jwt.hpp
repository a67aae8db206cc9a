#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pglakebase {

/// The claim `exp` of a JWT (RFC 7519), seconds since 1970 by the clock of whoever made it. Nothing
/// where the text is no JWT or does not say. The signature is not looked at: who made the token
/// judges it.
std::optional<std::int64_t> jwt_end_s(std::string_view token);

}  // namespace pglakebase
