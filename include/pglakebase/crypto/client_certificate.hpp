#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace pglakebase {

/// A certificate and its RSA key, as a client proves its identity with them.
class ClientCertificate {
 public:
  /// Reads PEM (certificates in any order, one key, perhaps encrypted) or PKCS#12. Throws
  /// OpensslError, whose text holds nothing of the content.
  static ClientCertificate parse(std::string_view bytes, const std::string& password);

  /// SHA-256 of the certificate (DER), 32 bytes.
  std::string thumbprint() const;
  /// RSASSA-PSS with SHA-256 and a salt of its length (PS256 of RFC 7518). Throws OpensslError.
  std::string sign_ps256(std::string_view text) const;

 private:
  struct Free {
    void operator()(X509* certificate) const { ::X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  };
  using Certificate = std::unique_ptr<X509, Free>;
  using Key = std::unique_ptr<EVP_PKEY, Free>;

  ClientCertificate(Certificate certificate, Key key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  static ClientCertificate parse_pem(std::string_view bytes, const std::string& password);
  static ClientCertificate parse_pkcs12(std::string_view bytes, const std::string& password);

  Certificate certificate_;
  Key key_;
};

}  // namespace pglakebase
