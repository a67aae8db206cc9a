#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace pglakebase {

/// Milliseconds since 1970 of the time that an `expires_on` names. Hosts of managed identities
/// write it as a number, as text with a number, as `MM/dd/yyyy HH:mm:ss` (also with AM or PM), as
/// `yyyy-MM-dd HH:mm:ss` (both UTC, with or without an offset) or by RFC 3339 (MSAL-Go,
/// apps/managedidentity). Nothing on anything else.
std::optional<std::int64_t> parse_expires_on(const nlohmann::json& value);

/// The seconds of an `expires_in`: a number, or text with one. Nothing on anything else.
std::optional<std::int64_t> parse_expires_in(const nlohmann::json& value);

/// A time without an offset, in the time zone of this machine: `yyyy-MM-dd HH:mm:ss.ffffff`, which
/// is how az and databricks print one.
std::optional<std::int64_t> parse_local_time(std::string_view text);

}  // namespace pglakebase
