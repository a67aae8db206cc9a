#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The largest record that is read or written, in bytes.
inline constexpr std::size_t k_record_limit = 64 * 1024;

/// One cache file or helper reply: `pglakebase=1`, `kind=…`, fields, and `end=1` (a file cut short
/// has no end). Unknown keys are ignored; another version is not a record of ours. See
/// docs/PROTOCOL.md.
class Record {
 public:
  /// Starts a record to be written.
  static void begin(Text& out, std::string_view kind);
  static void finish(Text& out);

  /// Reads `text`, which is not kept. False if it is not a whole record of version 1 and `kind`.
  bool parse(std::string_view text, std::string_view kind);

  /// The first value of `key`, or empty. NUL-terminated; lives as long as the record.
  std::string_view get(std::string_view key) const;
  std::int64_t number(std::string_view key, std::int64_t otherwise) const;

  /// Goes through all fields in order: start with `position` 0. False at the end.
  bool next(std::size_t& position, std::string_view& key, std::string_view& value) const;

 private:
  Text fields_;  // key NUL value NUL, one after the other
};

}  // namespace pglakebase
