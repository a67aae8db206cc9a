#pragma once

#include <cstddef>

#include "libpq.hpp"

namespace pglakebase {

/// Where this libpq's connections keep the pointer to their sslrootcert: libpq has no function that
/// changes it. Found once for each libpq, on a connection that goes nowhere: it reports another
/// value when the right word of its memory points to one. False for a libpq where that fails.
bool find_root_place(const Libpq& libpq, std::size_t& offset);

/// Writes `value` over the sslrootcert of a connection, if that is `expected` and no shorter.
bool overwrite_root(PGconn* connection, std::size_t offset, const char* expected,
                    const char* value);

}  // namespace pglakebase
