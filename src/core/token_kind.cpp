#include "pglakebase/core/token_kind.hpp"

#include <cstdint>

#include "pglakebase/core/text.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_claims = 16 * 1024;
constexpr std::size_t k_shortest_pat = 32;
constexpr char k_scope[] = "all-apis";

bool is_pat(std::string_view password) {
  return password.size() >= k_shortest_pat && starts_with(password, "dapi") &&
         slice(password, 4).find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

int base64url_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

bool append_base64url(Text& out, std::string_view encoded) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : encoded) {
    const int value = base64url_value(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.append_char(static_cast<char>(bits >> count & 0xff));
  }
  return out.ok();
}

// The value of the claim `scope`: a list in a string or an array (RFC 8693, section 4.2, and what
// identity servers do).
std::string_view scope_of(std::string_view claims) {
  constexpr std::string_view key = "\"scope\"";
  const std::size_t found = claims.find(key);
  // Behind a backslash it is part of another string.
  if (found == std::string_view::npos || found == 0 || claims[found - 1] == '\\') return {};
  std::string_view rest = trim(slice(claims, found + key.size()));
  if (!rest.starts_with(':')) return {};
  rest = trim(slice(rest, 1));
  if (!rest.starts_with('"') && !rest.starts_with('[')) return {};
  const char end = rest.front() == '"' ? '"' : ']';
  return slice(rest, 1, rest.find(end, 1) - 1);
}

bool lists_scope(std::string_view scopes) {
  constexpr std::string_view separators = " \",\t\r\n";
  while (!scopes.empty()) {
    const std::size_t end = scopes.find_first_of(separators);
    if (slice(scopes, 0, end) == k_scope) return true;
    scopes = end == std::string_view::npos ? std::string_view{} : slice(scopes, end + 1);
  }
  return false;
}

}  // namespace

TokenKind token_kind(std::string_view password) {
  if (is_pat(password)) return TokenKind::workspace;
  if (!starts_with(password, "eyJ")) return TokenKind::other;
  std::string_view rest = password;
  std::string_view head;
  std::string_view claims;
  std::string_view signature;
  if (!take_until(rest, '.', head) || !take_until(rest, '.', claims) ||
      !take_until(rest, '.', signature) || !rest.empty() || password.ends_with('.'))
    return TokenKind::other;
  Text decoded;
  if (claims.size() > k_longest_claims || !append_base64url(decoded, claims)) return TokenKind::jwt;
  return lists_scope(scope_of(decoded.view())) ? TokenKind::workspace : TokenKind::jwt;
}

}  // namespace pglakebase
