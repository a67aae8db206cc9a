#pragma once

#include <string>
#include <string_view>

namespace pglakebase {

/// The signature of `text` by RSA, PKCS #1 v1.5 and SHA-256 (RFC 7518: RS256); bytes. `key` is an
/// unencrypted private RSA key in PEM. Throws OpensslError.
std::string rs256_signature(std::string_view key, std::string_view text);

}  // namespace pglakebase
