#pragma once

#include "libpq.hpp"

namespace pglakebase {

/// Did the server refuse the password (SQLSTATE 28P01 or 28000)? libpq 10 to 18 have no function
/// that tells; the last SQLSTATE stands in the connection itself.
bool was_rejected(const Libpq& libpq, const PGconn* connection);

/// Is the connection's last SQLSTATE that of a server that is not up (57P03), or is not there for
/// the one that answered (class 08, but for violations of the protocol)?
bool was_unavailable(const PGconn* connection);

/// Is the connection's last SQLSTATE the one of five characters in `state`?
bool ended_with(const PGconn* connection, const char* state);

}  // namespace pglakebase
