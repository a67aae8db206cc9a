#include "pglakebase/core/sha256.hpp"
#include "pglakebase/core/kernel.hpp"

#include <bit>
#include <cstring>

namespace pglakebase {
namespace {

// FIPS 180-4, section 4.2.2.
constexpr std::uint32_t k_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t load_big_endian(const unsigned char* p) {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

using Word = std::uint32_t;

[[gnu::always_inline]] inline void round(Word a, Word b, Word c, Word& d, Word e, Word f, Word g,
                                         Word& h, Word constant_and_word) {
  const Word t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                  (g ^ (e & (f ^ g))) + constant_and_word;
  d += t1;
  h = t1 + (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) | (c & (a | b)));
}

}  // namespace

Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

// What was hashed may have been a secret.
Sha256::~Sha256() {
  wipe(block_, sizeof block_);
  wipe(state_, sizeof state_);
}

// Eight rounds at a time, so that what the algorithm moves from one word to the next stays where it
// is under another name.
void Sha256::compress(const unsigned char* block) {
  std::uint32_t w[64];
  for (int i = 0; i < 16; ++i) w[i] = load_big_endian(block + 4 * i);
  for (int i = 16; i < 64; ++i) {
    const std::uint32_t x = w[i - 15];
    const std::uint32_t y = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3) + w[i - 7] +
           (std::rotr(y, 17) ^ std::rotr(y, 19) ^ y >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (int i = 0; i < 64; i += 8) {
    round(a, b, c, d, e, f, g, h, k_round[i] + w[i]);
    round(h, a, b, c, d, e, f, g, k_round[i + 1] + w[i + 1]);
    round(g, h, a, b, c, d, e, f, k_round[i + 2] + w[i + 2]);
    round(f, g, h, a, b, c, d, e, k_round[i + 3] + w[i + 3]);
    round(e, f, g, h, a, b, c, d, k_round[i + 4] + w[i + 4]);
    round(d, e, f, g, h, a, b, c, k_round[i + 5] + w[i + 5]);
    round(c, d, e, f, g, h, a, b, k_round[i + 6] + w[i + 6]);
    round(b, c, d, e, f, g, h, a, k_round[i + 7] + w[i + 7]);
  }
  const std::uint32_t rounds[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) state_[i] += rounds[i];
  wipe(w, sizeof w);
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
