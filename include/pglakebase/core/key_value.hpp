#pragma once

#include <string_view>

#include "pglakebase/core/text.hpp"

/// `key=value` lines, the one format of requests and cache files. In a value '%', and every byte
/// below 0x20 or equal to 0x7f, stands as %XX; a key has no '=' and no such byte.
namespace pglakebase {

struct Field {
  std::string_view key;
  std::string_view encoded;  ///< still with its %XX
};

void append_field(Text& out, std::string_view key, std::string_view value);
void append_field(Text& out, std::string_view key, std::int64_t value);

/// Takes the next line off `rest`; lines without '=' are passed over. False at the end.
bool next_field(std::string_view& rest, Field& field);

/// Appends the decoded value. False on a broken escape.
bool append_decoded(Text& out, std::string_view encoded);

}  // namespace pglakebase
