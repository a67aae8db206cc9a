#pragma once

#include <stdexcept>
#include <string>

namespace pglakebase {

/// A failed call of OpenSSL. Takes the reason off OpenSSL's error queue and empties it.
class OpensslError : public std::runtime_error {
 public:
  explicit OpensslError(const std::string& what);
};

}  // namespace pglakebase
