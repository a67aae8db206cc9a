#pragma once

#include <string_view>

#include "libpq.hpp"
#include "login.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/text.hpp"

/// Verified TLS without parsing all of the system's roots for each connection. The learned file
/// stands in a connection only while it logs in: behind that, and so for PQreset, PQcancel and
/// PQconninfo, it is the whole bundle again.
namespace pglakebase {

/// The roots that one connection is verified with, where they are ours to choose.
struct ChosenRoots {
  Text hostaddrs;  ///< with the hosts and ports, what the roots are learned for
  Text ports;
  Text bundle;           ///< all roots; empty: not ours to choose
  Text learned;          ///< the file with the few that are used instead; empty: the bundle is
  bool unknown = false;  ///< the next login that succeeds is to have them learned
};

/// How a connection stands with them.
struct RootsInUse {
  bool learned = false;  ///< the learned file stands in it
  bool unknown = false;  ///< as above
};

/// Fills `learned` or `unknown`, by the rest.
void choose_roots(const Libpq& libpq, const Cache& cache, std::string_view hosts,
                  ChosenRoots& roots);

/// Puts the bundle into the connection, where the learned file stands in it. False if it did not,
/// or cannot be replaced.
bool use_bundle_again(const Libpq& libpq, PGconn* connection, const Login& login,
                      RootsInUse& roots);

/// To be called when a login is over, well or not. Puts the bundle into the connection. True if the
/// login failed for the learned roots: they are forgotten, and a reset may do better.
bool failed_for_learned_roots(const Libpq& libpq, PGconn* connection, const Login& login,
                              RootsInUse& roots);

/// To be called when a login has succeeded: if the roots are unknown, one process has them learned
/// behind our back. Nothing is waited for.
void have_roots_learned(const Login& login, RootsInUse& roots);

}  // namespace pglakebase
