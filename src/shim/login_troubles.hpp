#pragma once

#include <string_view>

namespace pglakebase {

/// What libpq and the server say of a login that failed.
struct FailedLogin {
  std::string_view message;
  std::string_view state;  ///< its SQLSTATE, where it is one that speaks for itself; else empty
  bool native = false;     ///< the credential was a password of PostgreSQL's own
};

/// The remedy for a role that does not fit, whatever the credential: no fresh one helps. Empty if
/// the server says nothing of that kind.
std::string_view role_remedy(std::string_view message);

/// Does the server say, in these words or by its SQLSTATE (`rejected`), that it takes no login with
/// this token? Then the host may be another's than the token was made for.
bool may_be_for_another_host(std::string_view message, bool rejected);

/// What is wrong and what to do; empty if it is no known trouble.
std::string_view login_remedy(const FailedLogin& login);

}  // namespace pglakebase
