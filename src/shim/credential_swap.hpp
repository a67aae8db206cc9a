#pragma once

#include "libpq.hpp"

namespace pglakebase {

/// Puts another password (and user and options, unless null) into a living connection, for its next
/// PQreset, or for a login that has not come to them: libpq parses nothing again then and has no
/// function for it. A second connection that
/// was only resolved holds the new values at the same places; the pointers are exchanged, so that
/// libpq's own allocator stands behind both. False, and nothing changed, where the places do not
/// match.
bool swap_credential(const Libpq& libpq, PGconn* connection, const char* password, const char* user,
                     const char* options);

}  // namespace pglakebase
