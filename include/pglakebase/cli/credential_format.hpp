#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What `pglakebase token` shows. `hosts` and `ports` are libpq's lists; one port may stand for all
/// hosts.
struct ShownCredential {
  std::string_view token;
  std::string_view user;
  std::string_view hosts;
  std::string_view ports;
  std::string_view dbname;
  std::int64_t expires_ms = 0;
};

/// The token and a newline.
void append_raw(Text& out, const ShownCredential& credential);

/// One JSON object and a newline. `port` is a number; with hosts on different ports it is a string,
/// the list.
void append_json(Text& out, const ShownCredential& credential, std::int64_t now_ms);

/// A line of libpq's password file for each host, no field a wildcard.
void append_pgpass(Text& out, const ShownCredential& credential);

/// A connection URI with sslmode=verify-full and a newline.
void append_uri(Text& out, const ShownCredential& credential);

}  // namespace pglakebase
