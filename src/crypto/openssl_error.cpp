#include "pglakebase/crypto/openssl_error.hpp"

#include <openssl/err.h>

namespace pglakebase {
namespace {

std::string with_reason(const std::string& what) {
  const unsigned long code = ::ERR_get_error();
  const char* reason = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
  ::ERR_clear_error();
  return reason != nullptr ? what + ": " + reason : what;
}

}  // namespace

OpensslError::OpensslError(const std::string& what) : std::runtime_error(with_reason(what)) {}

}  // namespace pglakebase
