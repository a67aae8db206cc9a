#pragma once

#include "connect.hpp"
#include "libpq.hpp"

namespace pglakebase {

/// True only if this call cannot lead to Lakebase, whatever libpq makes of it: it names no service,
/// and nowhere where libpq takes a host from (host, a connection string, PGHOST) stands what could
/// be a Lakebase host or one that a service with directives declares. Most programs' connections
/// are of this kind, and need not ask libpq. Texts are looked for in texts; service files are read
/// only where libpq sees a host that is no socket.
bool can_be_passed_over(const ConnectCall& call, const Libpq& libpq);

}  // namespace pglakebase
