#pragma once

#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// How a connection is asked to use TLS (libpq's own words; empty for unset).
struct TlsAsked {
  std::string_view sslmode;
  std::string_view sslrootcert;
  bool lax = false;  ///< the directive tls=require
  int libpq_version = 0;
};

/// What is used instead. Empty: leave as it is.
struct TlsChosen {
  Text sslmode;
  Text sslrootcert;
  bool is_bundle = false;            ///< `sslrootcert` is the file of find_root_bundle()
  bool default_root_counts = false;  ///< whether there is a ~/.postgresql/root.crt
  bool weighs_root = false;          ///< what stands in the caller's own root file counts
  Text refused;                      ///< why the connection must not be made, else empty
};

/// A token goes only to a server that proved who it is: anything weaker than verify-full is raised,
/// and verify-ca, unless with a root of one's own, that is none of the system's.
TlsChosen choose_tls(const TlsAsked& asked);

/// The file of root certificates that SSL_CERT_FILE names, else the system's bundle. False if there
/// is none.
bool find_root_bundle(Text& path);

}  // namespace pglakebase
