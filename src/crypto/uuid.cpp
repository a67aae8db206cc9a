#include "pglakebase/crypto/uuid.hpp"

#include <openssl/rand.h>

#include "pglakebase/crypto/openssl_error.hpp"

namespace pglakebase {

std::string random_uuid() {
  constexpr char digits[] = "0123456789abcdef";
  unsigned char bytes[16];
  if (::RAND_bytes(bytes, sizeof bytes) != 1) throw OpensslError("no random bytes can be had");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

}  // namespace pglakebase
