#pragma once

#include <string>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// Which roots vouch for servers; empty parts are not used. Both empty: the library's default.
struct Trust {
  std::string file;
  std::string directory;
};

/// What we show to servers that ask for a certificate of ours; PEM files, empty for none.
struct ShownCertificate {
  std::string file;
  std::string key_file;  ///< empty: the key stands in `file`, too
  Text key_password;     ///< empty for a key that is not encrypted
};

/// SSL_CERT_FILE and SSL_CERT_DIR (empty if unset) as OpenSSL takes them; else the system's. A
/// directory of hashed names is preferred to a bundle: it is read as needed, and parsing a bundle
/// of 145 roots takes 25 ms.
Trust choose_trust(const std::string& ssl_cert_file, const std::string& ssl_cert_dir);

}  // namespace pglakebase
