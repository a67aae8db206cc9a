#include "tls_policy.hpp"

#include <unistd.h>

#include "libpqs_home.hpp"
#include "pglakebase/core/environment.hpp"
#include "public_roots.hpp"

namespace pglakebase {
namespace {

// Debian and Ubuntu; Fedora and RHEL; SUSE; Alpine and others.
constexpr char k_bundles[][50] = {"/etc/ssl/certs/ca-certificates.crt",
                                  "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                  "/etc/ssl/cert.pem"};

constexpr int k_first_with_system_roots = 160000;

// ~/.postgresql/root.crt, as that libpq sees it, if it is there.
bool find_default_root(int libpq_version, Text& path) {
  if (!libpqs_home(libpq_version, path)) return false;
  path.append("/.postgresql/root.crt");
  return ::access(path.c_str(), R_OK) == 0;
}

}  // namespace

bool find_root_bundle(Text& path) {
  path.clear();
  if (const char* file = environment("SSL_CERT_FILE")) {
    path.append(file);
    return path.ok();
  }
  for (const char* bundle : k_bundles) {
    if (::access(bundle, R_OK) != 0) continue;
    path.append(bundle);
    return path.ok();
  }
  return false;
}

TlsChosen choose_tls(const TlsAsked& asked) {
  TlsChosen chosen;
  if (asked.sslmode == "disable") {
    chosen.refused.append("sslmode=disable would send the token in clear text; remove it");
    return chosen;
  }
  if (asked.lax) {
    if (asked.sslmode != "verify-ca" && asked.sslmode != "verify-full")
      chosen.sslmode.append("require");
    return chosen;
  }
  const bool verifying = asked.sslmode == "verify-full" || asked.sslmode == "verify-ca";
  chosen.default_root_counts = asked.sslrootcert.empty() && verifying;
  Text root(asked.sslrootcert);
  const bool own_root =
      (!asked.sslrootcert.empty() && asked.sslrootcert != "system") ||
      (chosen.default_root_counts && find_default_root(asked.libpq_version, root));
  chosen.weighs_root = asked.sslmode == "verify-ca" && own_root;
  if (asked.sslmode != "verify-full" &&
      !(chosen.weighs_root && !names_public_authority(root.c_str())))
    chosen.sslmode.append("verify-full");
  if (!asked.sslrootcert.empty() || own_root) return chosen;
  chosen.is_bundle = find_root_bundle(chosen.sslrootcert);
  if (chosen.is_bundle) return chosen;
  if (asked.libpq_version >= k_first_with_system_roots) {
    chosen.sslrootcert.assign("system");
  } else {
    chosen.refused.append(
        "no file of root certificates is there to verify the server with; "
        "install ca-certificates or set SSL_CERT_FILE");
  }
  return chosen;
}

}  // namespace pglakebase
