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

 private:
  Text lines_;  // key NUL value NUL
};

}  // namespace pglakebase
