#include "pglakebase/core/sha256.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <random>
#include <string>

#include "pglakebase/core/text.hpp"

namespace pglakebase {
namespace {

std::string hex(const Digest& digest) {
  Text out;
  out.append_hex(digest.data(), digest.size());
  return std::string(out.view());
}

Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Digest openssl_sha256(const std::string& bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

Digest openssl_hmac(const std::string& key, const std::string& message) {
  Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       nullptr);
  return digest;
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, AgreesWithOpenSslAtEveryLength) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(random, size);
    ASSERT_EQ(hex(sha256(bytes)), hex(openssl_sha256(bytes))) << size;
  }
}

TEST(Sha256, PiecesMakeNoDifference) {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    const std::string bytes = random_bytes(random, random() % 5000);
    Sha256 hash;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t part = std::min<std::size_t>(rest.size(), random() % 130);
      hash.update(rest.substr(0, part));
      rest.remove_prefix(part);
    }
    ASSERT_EQ(hex(hash.finish()), hex(openssl_sha256(bytes)));
  }
}

struct Rfc4231 {
  std::string key;
  std::string message;
  const char* mac;
};

std::string repeat(char c, std::size_t n) {
  return std::string(n, c);
}

// RFC 4231, section 4; case 5 (a truncated MAC) left out.
TEST(HmacSha256, Rfc4231) {
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting.push_back(c);
  const Rfc4231 cases[] = {
      {repeat('\x0b', 20), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {repeat('\xaa', 20), repeat('\xdd', 50),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, repeat('\xcd', 50),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {repeat('\xaa', 131), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {repeat('\xaa', 131),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Rfc4231& one : cases) EXPECT_EQ(hex(hmac_sha256(one.key, one.message)), one.mac);
}

TEST(HmacSha256, AgreesWithOpenSsl) {
  std::mt19937 random(3);
  for (std::size_t key_size = 0; key_size < 140; ++key_size) {
    const std::string key = random_bytes(random, key_size);
    const std::string message = random_bytes(random, random() % 400);
    ASSERT_EQ(hex(hmac_sha256(key, message)), hex(openssl_hmac(key, message))) << key_size;
  }
}

}  // namespace
}  // namespace pglakebase
