#pragma once

#include "libpq.hpp"

namespace pglakebase {

/// Did the server refuse the password (SQLSTATE 28P01 or 28000)? libpq 10 to 18 have no function
/// that tells; the last SQLSTATE stands in the connection itself.
bool was_rejected(const Libpq& libpq, const PGconn* connection);

/// Is the connection's last SQLSTATE that of a server that is not up (57P03), or is not there for
/// the one that answered (class 08, but for violations of the protocol)?
bool was_unavailable(const PGconn* connection);

/// Does the message say that this identity may not log in as this role, whatever its token? Then no
/// fresh token helps. (Texts: Lakebase's own, in English only.)
bool role_does_not_fit(const char* message);

}  // namespace pglakebase
