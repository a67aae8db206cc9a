#include "pglakebase/core/key_value.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ascii_lower(c);
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool needs_escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f || c == '%';
}

}  // namespace

void append_field(Text& out, std::string_view key, std::string_view value) {
  out.append(key).append_char('=');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!needs_escape(value[i])) continue;
    const auto byte = static_cast<unsigned char>(value[i]);
    out.append(slice(value, plain, i - plain)).append_char('%').append_hex(&byte, 1);
    plain = i + 1;
  }
  out.append(slice(value, plain)).append_char('\n');
}

void append_field(Text& out, std::string_view key, std::int64_t value) {
  out.append(key).append_char('=').append_number(value).append_char('\n');
}

bool next_field(std::string_view& rest, Field& field) {
  std::string_view line;
  while (take_until(rest, '\n', line)) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    field.key = slice(line, 0, equals);
    field.encoded = slice(line, equals + 1);
    return true;
  }
  return false;
}

bool append_decoded(Text& out, std::string_view encoded) {
  for (;;) {
    const std::size_t escape = encoded.find('%');
    out.append(slice(encoded, 0, escape));
    if (escape == std::string_view::npos) return out.ok();
    encoded = slice(encoded, escape + 1);
    if (encoded.size() < 2) return false;
    const int high = hex_value(encoded[0]);
    const int low = hex_value(encoded[1]);
    if (high < 0 || low < 0) return false;
    out.append_char(static_cast<char>(high * 16 + low));
    encoded.remove_prefix(2);
  }
}

}  // namespace pglakebase
