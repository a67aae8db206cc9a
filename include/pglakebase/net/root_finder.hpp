#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pglakebase {

/// Why no root could be found; one clause.
class RootError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One PostgreSQL server, as libpq would go there.
struct TlsServer {
  std::string host;     ///< what its certificate must be for
  std::string address;  ///< where to go; empty: look `host` up
  std::string port;
};

/// Finds out which of many roots vouches for a server, by a TLS handshake as libpq makes one
/// (SSLRequest, server name, verify-full). The connection is closed behind the handshake: nothing
/// is said on it.
class RootFinder {
 public:
  /// Loads the roots. Throws RootError where the file has none.
  explicit RootFinder(const std::string& bundle);

  /// The root's certificate as PEM. Alone it suffices to verify the server: that was tried. Throws
  /// RootError where the server cannot be reached, speaks no TLS, or is not verified. Takes ten
  /// seconds at most for each of the server's addresses.
  std::string find(const TlsServer& server) const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

}  // namespace pglakebase
