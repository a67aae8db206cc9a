#include "pglakebase/net/trust.hpp"

#include <dirent.h>
#include <unistd.h>

#include <cctype>
#include <cstring>
#include <memory>

namespace pglakebase {
namespace {

// The places of Debian, Red Hat, SUSE, Alpine.
constexpr const char* k_directories[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};
constexpr const char* k_bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                     "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                     "/etc/ssl/cert.pem"};

// The name that c_rehash gives: eight hexadecimal digits, a dot, a number.
bool is_hashed_name(const char* name) {
  for (int i = 0; i < 8; ++i)
    if (std::isxdigit(static_cast<unsigned char>(name[i])) == 0) return false;
  return name[8] == '.' && std::isdigit(static_cast<unsigned char>(name[9])) != 0;
}

// A directory with a single hashed certificate among bundles would hide the others, so some more
// are asked for.
bool is_hashed_directory(const char* path) {
  constexpr int enough = 20;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path), ::closedir);
  if (!directory) return false;
  int found = 0;
  while (const dirent* entry = ::readdir(directory.get()))
    if (is_hashed_name(entry->d_name) && ++found >= enough) return true;
  return false;
}

}  // namespace

Trust choose_trust(const std::string& ssl_cert_file, const std::string& ssl_cert_dir) {
  if (!ssl_cert_file.empty() || !ssl_cert_dir.empty()) return {ssl_cert_file, ssl_cert_dir};
  for (const char* directory : k_directories)
    if (is_hashed_directory(directory)) return {"", directory};
  for (const char* bundle : k_bundles)
    if (::access(bundle, R_OK) == 0) return {bundle, ""};
  return {};
}

}  // namespace pglakebase
