#include "pglakebase/cli/json.hpp"

namespace pglakebase {

void JsonWriter::start(std::string_view key) {
  if (comma_) out_.append_char(',');
  comma_ = true;
  if (key.empty()) return;
  quote(key);
  out_.append_char(':');
}

void JsonWriter::quote(std::string_view text) {
  out_.append_char('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out_.append("\\u00").append_hex(&byte, 1);
    } else {
      if (c == '"' || c == '\\') out_.append_char('\\');
      out_.append_char(c);
    }
  }
  out_.append_char('"');
}

void JsonWriter::begin_object(std::string_view key) {
  start(key);
  out_.append_char('{');
  comma_ = false;
}

void JsonWriter::end_object() {
  out_.append_char('}');
  comma_ = true;
}

void JsonWriter::begin_array(std::string_view key) {
  start(key);
  out_.append_char('[');
  comma_ = false;
}

void JsonWriter::end_array() {
  out_.append_char(']');
  comma_ = true;
}

void JsonWriter::string(std::string_view key, std::string_view value) {
  start(key);
  quote(value);
}

void JsonWriter::number(std::string_view key, std::int64_t value) {
  start(key);
  out_.append_number(value);
}

void JsonWriter::boolean(std::string_view key, bool value) {
  start(key);
  out_.append(value ? "true" : "false");
}

void JsonWriter::null(std::string_view key) {
  start(key);
  out_.append("null");
}

}  // namespace pglakebase
