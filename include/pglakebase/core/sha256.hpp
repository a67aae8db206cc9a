#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pglakebase {

using Digest = std::array<unsigned char, 32>;

/// SHA-256 (FIPS 180-4). Here because the preload library needs a keyed hash and may link nothing
/// but libc; the helper, which has OpenSSL, uses it only to come to the same names.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  Digest finish();

 private:
  void compress(const unsigned char* block);

  std::uint32_t state_[8];
  std::uint64_t length_ = 0;
  unsigned char block_[64];
  std::size_t filled_ = 0;
};

/// HMAC-SHA-256 (RFC 2104) of `message` under `key`.
Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace pglakebase
