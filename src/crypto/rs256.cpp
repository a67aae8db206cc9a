#include "pglakebase/crypto/rs256.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "pglakebase/crypto/openssl_error.hpp"

namespace pglakebase {
namespace {

struct Free {
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};
template <typename Type>
using Owned = std::unique_ptr<Type, Free>;

// OpenSSL would ask for it at the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

std::string rs256_signature(std::string_view key, std::string_view text) {
  const Owned<BIO> bio(::BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  if (!bio) throw OpensslError("no memory");
  const Owned<EVP_PKEY> parsed(
      ::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!parsed || ::EVP_PKEY_base_id(parsed.get()) != EVP_PKEY_RSA)
    throw OpensslError("it is no private RSA key");
  const Owned<EVP_MD_CTX> context(::EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (!context ||
      ::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, parsed.get()) != 1 ||
      ::EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    throw OpensslError("signing failed");
  std::string signature(size, '\0');
  if (::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes, text.size()) != 1)
    throw OpensslError("signing failed");
  signature.resize(size);
  return signature;
}

}  // namespace pglakebase
