#pragma once

#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The `#lakebase: key=value` comments of one section of a service file, in order, as they lie in
/// somebody's memory, which must outlive the view and what it tells.
class DirectiveView {
 public:
  DirectiveView() = default;
  /// packed() of another one.
  explicit DirectiveView(std::string_view packed) : packed_(packed) {}

  bool empty() const { return packed_.empty(); }
  /// The value of `key`; empty if absent. The last one of several counts.
  std::string_view get(std::string_view key) const;
  bool has(std::string_view key) const;
  /// Goes through all: start with `position` 0. False at the end.
  bool next(std::size_t& position, std::string_view& key, std::string_view& value) const;
  std::string_view packed() const { return packed_; }

 private:
  std::string_view packed_;  // key NUL value NUL
};

/// The same with memory of their own.
class Directives {
 public:
  DirectiveView view() const { return DirectiveView(packed_.view()); }
  // NOLINTNEXTLINE(google-explicit-constructor): as a string is one
  operator DirectiveView() const { return view(); }

  bool empty() const { return packed_.empty(); }
  std::string_view get(std::string_view key) const { return view().get(key); }
  bool has(std::string_view key) const { return view().has(key); }
  bool next(std::size_t& position, std::string_view& key, std::string_view& value) const {
    return view().next(position, key, value);
  }

  void add(std::string_view key, std::string_view value);
  void clear() { packed_.clear(); }

 private:
  Text packed_;
};

}  // namespace pglakebase
