#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Helpers on std::string_view that cannot throw. (string_view::substr and ::at can, and would pull
/// the C++ run time into the preload library.)
namespace pglakebase {

/// The part from `from`, `count` bytes at most; empty if `from` lies behind the end.
constexpr std::string_view slice(std::string_view text, std::size_t from,
                                 std::size_t count = std::string_view::npos) {
  if (from >= text.size()) return {};
  const std::size_t rest = text.size() - from;
  return {text.data() + from, count < rest ? count : rest};
}

/// (string_view's own starts_with and ends_with are made of substr.)
constexpr bool starts_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && slice(text, 0, start.size()) == start;
}

constexpr bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && slice(text, text.size() - end.size()) == end;
}

/// Space, tab, LF, VT, FF or CR.
constexpr bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Without the blanks at both ends.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes everything up to the next `separator` off the front of `rest` (the separator too). False
/// when `rest` was empty.
inline bool take_until(std::string_view& rest, char separator, std::string_view& part) {
  if (rest.empty()) return false;
  const char* start = rest.data();
  const auto* end = static_cast<const char*>(std::memchr(start, separator, rest.size()));
  const std::size_t size = end != nullptr ? static_cast<std::size_t>(end - start) : rest.size();
  part = {start, size};
  rest.remove_prefix(end != nullptr ? size + 1 : size);
  return true;
}

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  return true;
}

/// Reads a decimal number with an optional minus. False on anything else, overflow included.
constexpr bool parse_number(std::string_view text, std::int64_t& number) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  number = negative ? -value : value;
  return true;
}

}  // namespace pglakebase
