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
  for (const char c : value) {
    if (needs_escape(c)) {
      const auto byte = static_cast<unsigned char>(c);
      out.append_char('%').append_hex(&byte, 1);
    } else {
      out.append_char(c);
    }
  }
  out.append_char('\n');
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
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      out.append_char(encoded[i]);
      continue;
    }
    if (i + 2 >= encoded.size()) return false;
    const int high = hex_value(encoded[i + 1]);
    const int low = hex_value(encoded[i + 2]);
    if (high < 0 || low < 0) return false;
    out.append_char(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out.ok();
}

}  // namespace pglakebase
