#include "pglakebase/crypto/rs256.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "pglakebase/crypto/openssl_error.hpp"

namespace pglakebase {
namespace {

std::string pem_of(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(::BIO_new(::BIO_s_mem()), ::BIO_free);
  unsigned char passphrase[] = "secret";
  ::PEM_write_bio_PKCS8PrivateKey(out.get(), key, cipher,
                                  cipher != nullptr ? reinterpret_cast<char*>(passphrase) : nullptr,
                                  cipher != nullptr ? 6 : 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = ::BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

TEST(Rs256, TheSignatureHolds) {
  const Key key(::EVP_RSA_gen(2048), ::EVP_PKEY_free);
  const std::string text = "header.claims";
  const std::string signature = rs256_signature(pem_of(key.get()), text);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(::EVP_MD_CTX_new(),
                                                                   ::EVP_MD_CTX_free);
  ASSERT_EQ(::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key.get()), 1);
  EXPECT_EQ(::EVP_DigestVerify(
                context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                signature.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
}

TEST(Rs256, OtherKeysAreRefusedWithoutAQuestion) {
  const Key rsa(::EVP_RSA_gen(2048), ::EVP_PKEY_free);
  const Key curve(::EVP_EC_gen("P-256"), ::EVP_PKEY_free);
  for (const std::string& key : {std::string("no key"), std::string(), pem_of(curve.get()),
                                 pem_of(rsa.get(), ::EVP_aes_128_cbc())})
    EXPECT_THROW(rs256_signature(key, "x"), OpensslError);
}

}  // namespace
}  // namespace pglakebase
