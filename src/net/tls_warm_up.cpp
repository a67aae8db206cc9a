#include "pglakebase/net/tls_warm_up.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <system_error>

namespace pglakebase {
namespace {

// Some public key as a certificate holds it: the base point of P-256.
constexpr unsigned char k_public_key[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1,
    0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
    0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b,
    0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

struct Free {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};
template <typename Type>
using Owned = std::unique_ptr<Type, Free>;

// The results are of no interest.
void look_up() noexcept {
  const unsigned char* at = k_public_key;
  const Owned<EVP_PKEY> key(::d2i_PUBKEY(nullptr, &at, sizeof k_public_key));
  const Owned<EVP_MD_CTX> context(::EVP_MD_CTX_new());
  if (key && context &&
      ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key.get()) == 1)
    ::EVP_DigestVerify(context.get(), k_public_key, sizeof k_public_key, k_public_key,
                       sizeof k_public_key);
  const Owned<SSL_CTX> tls(::SSL_CTX_new(::TLS_client_method()));
  ::ERR_clear_error();
}

}  // namespace

TlsWarmUp::TlsWarmUp() {
  try {
    thread_ = std::thread(look_up);
  } catch (const std::system_error&) {
    // A limit of this machine; the handshake will look up by itself.
  }
}

TlsWarmUp::~TlsWarmUp() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace pglakebase
