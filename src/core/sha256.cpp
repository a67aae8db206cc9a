#include "pglakebase/core/sha256.hpp"

#include <cstring>

#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/sha256_blocks.hpp"

namespace pglakebase {
Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

// What was hashed may have been a secret.
Sha256::~Sha256() {
  wipe(block_, sizeof block_);
  wipe(state_, sizeof state_);
}

void Sha256::compress(const unsigned char* block) {
#if defined(__x86_64__)
  if (has_sha256_instructions()) return sha256_compress_native(state_, block);
#endif
  sha256_compress_portable(state_, block);
}

void Sha256::update(std::string_view bytes) {
  length_ += bytes.size();
  while (!bytes.empty()) {
    std::size_t part = sizeof block_ - filled_;
    if (part > bytes.size()) part = bytes.size();
    std::memcpy(block_ + filled_, bytes.data(), part);
    bytes.remove_prefix(part);
    filled_ += part;
    if (filled_ == sizeof block_) {
      compress(block_);
      filled_ = 0;
    }
  }
}

Digest Sha256::finish() {
  const std::uint64_t bits = length_ * 8;
  block_[filled_++] = 0x80;
  if (filled_ > 56) {
    std::memset(block_ + filled_, 0, sizeof block_ - filled_);
    compress(block_);
    filled_ = 0;
  }
  std::memset(block_ + filled_, 0, 56 - filled_);
  for (unsigned i = 0; i < 8; ++i)
    block_[56 + i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
  compress(block_);
  Digest digest;
  for (unsigned i = 0; i < 32; ++i)
    digest[i] = static_cast<unsigned char>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view message) {
  unsigned char block[64] = {};
  if (key.size() > sizeof block) {
    Sha256 hash;
    hash.update(key);
    const Digest digest = hash.finish();
    std::memcpy(block, digest.data(), digest.size());
  } else if (!key.empty()) {
    std::memcpy(block, key.data(), key.size());
  }
  const std::string_view pad(reinterpret_cast<const char*>(block), sizeof block);
  Sha256 inner;
  for (unsigned char& b : block) b ^= 0x36;
  inner.update(pad);
  inner.update(message);
  const Digest digest = inner.finish();
  Sha256 outer;
  for (unsigned char& b : block) b ^= 0x36 ^ 0x5c;
  outer.update(pad);
  outer.update({reinterpret_cast<const char*>(digest.data()), digest.size()});
  wipe(block, sizeof block);
  return outer.finish();
}

}  // namespace pglakebase
