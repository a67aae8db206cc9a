#pragma once

#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The `#lakebase: key=value` comments of one section of a service file, in order, and where they
/// came from. `key` and `value` views live as long as the object.
class Directives {
 public:
  bool empty() const { return lines_.empty(); }
  /// The value of `key`; empty if absent. The last one of several counts.
  std::string_view get(std::string_view key) const;
  bool has(std::string_view key) const;
  /// Goes through all: start with `position` 0. False at the end.
  bool next(std::size_t& position, std::string_view& key, std::string_view& value) const;

  void add(std::string_view key, std::string_view value);
  void clear() { lines_.clear(); }

  /// All of them as bytes, for unpack() in the same process.
  std::string_view packed() const { return lines_.view(); }
  /// False without memory.
  bool unpack(std::string_view packed) {
    lines_.assign(packed);
    return lines_.ok();
  }

 private:
  Text lines_;  // key NUL value NUL
};

}  // namespace pglakebase
