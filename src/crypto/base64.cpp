#include "pglakebase/crypto/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace pglakebase {

std::string base64(std::string_view bytes) {
  // EVP_EncodeBlock ends its output with a NUL.
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string base64url(std::string_view bytes) {
  std::string out = base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

std::optional<std::string> base64url_decoded(std::string_view text) {
  // EVP_DecodeBlock passes over blanks.
  const bool in_alphabet = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (!in_alphabet || text.size() % 4 == 1) return std::nullopt;
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  const std::size_t padding = (4 - plain.size() % 4) % 4;
  plain.append(padding, '=');
  std::string out(plain.size() / 4 * 3, '\0');
  if (::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(plain.data()),
                        static_cast<int>(plain.size())) < 0)
    return std::nullopt;
  out.resize(out.size() - padding);
  return out;
}

std::optional<std::string> base64_decoded(std::string_view text) {
  const std::size_t end = text.find('=');
  std::string plain(text.substr(0, end));
  const std::string_view padding = end == std::string_view::npos ? "" : text.substr(end);
  if (text.size() % 4 != 0 || (!padding.empty() && padding != "=" && padding != "==") ||
      plain.find_first_of("-_") != std::string::npos)
    return std::nullopt;
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  return base64url_decoded(plain);
}

}  // namespace pglakebase
