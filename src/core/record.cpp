#include "pglakebase/core/record.hpp"

#include <cstring>

#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {

void Record::begin(Text& out, std::string_view kind) {
  append_field(out, "pglakebase", 1);
  append_field(out, "kind", kind);
}

void Record::finish(Text& out) {
  append_field(out, "end", 1);
}

bool Record::parse(std::string_view text, std::string_view kind) {
  fields_.clear();
  if (text.size() > k_record_limit || !starts_with(text, "pglakebase=1\n") ||
      !ends_with(text, "\nend=1\n") || text.find('\0') != std::string_view::npos)
    return false;
  fields_.reserve(text.size());
  Field field;
  while (next_field(text, field)) {
    // A value with a NUL would be read as another one by C code behind us.
    if (field.encoded.find("%00") != std::string_view::npos) return false;
    fields_.append(field.key).append_char('\0');
    if (!append_decoded(fields_, field.encoded)) return false;
    fields_.append_char('\0');
  }
  return fields_.ok() && get("kind") == kind;
}

std::string_view Record::get(std::string_view key) const {
  std::size_t position = 0;
  std::string_view found;
  std::string_view value;
  while (next(position, found, value))
    if (found == key) return value;
  return "";
}

std::int64_t Record::number(std::string_view key, std::int64_t otherwise) const {
  std::int64_t value = otherwise;
  parse_number(get(key), value);
  return value;
}

bool Record::next(std::size_t& position, std::string_view& key, std::string_view& value) const {
  if (position >= fields_.size()) return false;
  const char* at = fields_.c_str() + position;
  key = {at, std::strlen(at)};
  at += key.size() + 1;
  value = {at, std::strlen(at)};
  position += key.size() + value.size() + 2;
  return true;
}

}  // namespace pglakebase
