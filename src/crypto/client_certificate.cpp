#include "pglakebase/crypto/client_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include <cstring>
#include <limits>
#include <vector>

#include "pglakebase/crypto/openssl_error.hpp"

namespace pglakebase {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { ::BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

struct FreePkcs12 {
  void operator()(PKCS12* file) const { ::PKCS12_free(file); }
};

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};

Bio reader(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<int>::max()) throw OpensslError("the file is too large");
  Bio bio(::BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!bio) throw OpensslError("there is not enough memory");
  return bio;
}

// Never asks at a terminal.
int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

}  // namespace

ClientCertificate ClientCertificate::parse(std::string_view bytes, const std::string& password) {
  return bytes.find("-----BEGIN ") != std::string_view::npos ? parse_pem(bytes, password)
                                                             : parse_pkcs12(bytes, password);
}

ClientCertificate ClientCertificate::parse_pem(std::string_view bytes,
                                               const std::string& password) {
  std::string asked = password;
  const Bio keys = reader(bytes);
  Key key(::PEM_read_bio_PrivateKey(keys.get(), nullptr, give_password, &asked));
  if (!key) throw OpensslError("no private key can be read from it, or its password is another");
  const Bio certificates = reader(bytes);
  for (;;) {
    Certificate certificate(::PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr));
    if (!certificate) throw OpensslError("it has no certificate that belongs to its key");
    if (::X509_check_private_key(certificate.get(), key.get()) == 1)
      return {std::move(certificate), std::move(key)};
    ::ERR_clear_error();
  }
}

ClientCertificate ClientCertificate::parse_pkcs12(std::string_view bytes,
                                                  const std::string& password) {
  const Bio bio = reader(bytes);
  const std::unique_ptr<PKCS12, FreePkcs12> file(::d2i_PKCS12_bio(bio.get(), nullptr));
  if (!file) throw OpensslError("it is neither PEM nor PKCS#12");
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  if (::PKCS12_parse(file.get(), password.c_str(), &key, &certificate, nullptr) != 1)
    throw OpensslError("its password is another, or it is encrypted in a way no longer supported");
  Key owned_key(key);
  Certificate owned_certificate(certificate);
  if (!owned_key || !owned_certificate)
    throw OpensslError("it does not have both a certificate and a private key");
  return {std::move(owned_certificate), std::move(owned_key)};
}

std::string ClientCertificate::thumbprint() const {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (::X509_digest(certificate_.get(), ::EVP_sha256(), digest, &size) != 1)
    throw OpensslError("the certificate's thumbprint cannot be made");
  return {reinterpret_cast<const char*>(digest), size};
}

std::string ClientCertificate::sign_ps256(std::string_view text) const {
  if (::EVP_PKEY_base_id(key_.get()) != EVP_PKEY_RSA)
    throw OpensslError("its key is none of RSA, which Entra needs");
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(::EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!context ||
      ::EVP_DigestSignInit(context.get(), &options, ::EVP_sha256(), nullptr, key_.get()) != 1 ||
      ::EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
      ::EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1 ||
      ::EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    throw OpensslError("nothing can be signed with its key");
  std::string signature(size, '\0');
  if (::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes, text.size()) != 1)
    throw OpensslError("nothing can be signed with its key");
  signature.resize(size);
  return signature;
}

}  // namespace pglakebase
