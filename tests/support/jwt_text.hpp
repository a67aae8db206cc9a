#pragma once

#include <string>

namespace pglakebase::test {

inline std::string base64url(const std::string& text) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += digits[bits >> (count - 6) & 63];
  }
  if (count > 0) out += digits[bits << (6 - count) & 63];
  return out;
}

/// A token with these claims, and a signature that is none.
inline std::string jwt(const std::string& claims) {
  return base64url(R"({"kid":"1","alg":"RS256"})") + "." + base64url(claims) + ".c2lnbmF0dXJl";
}

}  // namespace pglakebase::test
