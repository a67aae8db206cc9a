#pragma once

#include <cstddef>

#include "libpq.hpp"

namespace pglakebase {

/// Finds out where this libpq's connections keep the pointer to their sslrootcert, for libpq has no
/// function that changes it. Done once for each libpq, on a connection that is ours alone and goes
/// nowhere: it reports another value when the right word of its memory points to one. Left as it
/// was.
void find_root_place(const Libpq& libpq, PGconn* idle);

/// The place that was found. False where it was not looked for, or not to be found.
bool root_place(const Libpq& libpq, std::size_t& offset);

/// Writes `value` over the sslrootcert of a connection, if that is `expected` and no shorter.
bool overwrite_root(PGconn* connection, std::size_t offset, const char* expected,
                    const char* value);

}  // namespace pglakebase
