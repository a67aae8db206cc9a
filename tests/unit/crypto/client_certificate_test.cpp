#include "pglakebase/crypto/client_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "pglakebase/crypto/openssl_error.hpp"

namespace pglakebase {
namespace {

struct Made {
  std::string key;
  std::string certificate;
  std::string thumbprint;
};

std::string drained(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  return text;
}

Made make(EVP_PKEY* key, const char* password = nullptr) {
  X509* certificate = ::X509_new();
  ::ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  ::X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  ::X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  ::X509_set_pubkey(certificate, key);
  ::X509_sign(certificate, key, ::EVP_sha256());
  Made made;
  BIO* out = ::BIO_new(::BIO_s_mem());
  ::PEM_write_bio_X509(out, certificate);
  made.certificate = drained(out);
  out = ::BIO_new(::BIO_s_mem());
  ::PEM_write_bio_PKCS8PrivateKey(out, key, password != nullptr ? ::EVP_aes_256_cbc() : nullptr,
                                  password, password != nullptr ? 2 : 0, nullptr, nullptr);
  made.key = drained(out);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ::X509_digest(certificate, ::EVP_sha256(), digest, &size);
  made.thumbprint.assign(reinterpret_cast<char*>(digest), size);
  ::X509_free(certificate);
  return made;
}

EVP_PKEY* rsa() {
  static EVP_PKEY* key = ::EVP_RSA_gen(2048);
  return key;
}

TEST(ClientCertificate, SignsWhatItsKeyVerifies) {
  const Made made = make(rsa());
  const auto loaded = ClientCertificate::parse(made.certificate + made.key, "");
  EXPECT_EQ(loaded.thumbprint(), made.thumbprint);
  const std::string signature = loaded.sign_ps256("text");
  EVP_MD_CTX* context = ::EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  ::EVP_DigestVerifyInit(context, &options, ::EVP_sha256(), nullptr, rsa());
  ::EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
  ::EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32);
  EXPECT_EQ(::EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                               signature.size(), reinterpret_cast<const unsigned char*>("text"), 4),
            1);
  ::EVP_MD_CTX_free(context);
}

TEST(ClientCertificate, TakesTheCertificateOfItsKey) {
  EVP_PKEY* other = ::EVP_RSA_gen(2048);
  const Made made = make(rsa());
  const Made stranger = make(other);
  EXPECT_EQ(
      ClientCertificate::parse(stranger.certificate + made.certificate + made.key, "").thumbprint(),
      made.thumbprint);
  EXPECT_THROW(ClientCertificate::parse(stranger.certificate + made.key, ""), OpensslError);
  ::EVP_PKEY_free(other);
}

TEST(ClientCertificate, AnEncryptedKeyNeedsItsPassword) {
  const Made made = make(rsa(), "pw");
  EXPECT_EQ(ClientCertificate::parse(made.certificate + made.key, "pw").thumbprint(),
            made.thumbprint);
  for (const char* wrong : {"", "other"})
    EXPECT_THROW(ClientCertificate::parse(made.certificate + made.key, wrong), OpensslError);
}

TEST(ClientCertificate, OtherFilesAreRefused) {
  const Made made = make(rsa());
  for (const std::string& bytes : {std::string(), std::string("garbage"), made.certificate,
                                   made.key, std::string(5000, '\x30')})
    EXPECT_THROW(ClientCertificate::parse(bytes, ""), OpensslError);
}

TEST(ClientCertificate, AKeyThatIsNotRsaCannotSign) {
  EVP_PKEY* curve = ::EVP_EC_gen("P-256");
  const Made made = make(curve);
  const auto loaded = ClientCertificate::parse(made.certificate + made.key, "");
  EXPECT_THROW(loaded.sign_ps256("text"), OpensslError);
  ::EVP_PKEY_free(curve);
}

}  // namespace
}  // namespace pglakebase
