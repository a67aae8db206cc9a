#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// Writes JSON into a Text, which wipes what it held: a token may stand in it. Nesting is the
/// caller's business; commas come by themselves.
class JsonWriter {
 public:
  explicit JsonWriter(Text& out) : out_(out) {}

  void begin_object(std::string_view key = {});
  void end_object();
  void begin_array(std::string_view key);
  void end_array();
  /// An empty key is that of an array's element.
  void string(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);
  void boolean(std::string_view key, bool value);
  void null(std::string_view key);

 private:
  void start(std::string_view key);
  void quote(std::string_view text);

  Text& out_;
  bool comma_ = false;
};

}  // namespace pglakebase
