#pragma once

#include <string_view>

namespace pglakebase {

/// Must this process be left alone altogether? AT_SECURE, PGLAKEBASE=off, USE_LAKEBASE other than
/// "true", a helper of ours.
bool is_inert();

/// In a postgres server only the services that PGLAKEBASE_SERVER lists (comma separated) are
/// served, and at their own hosts only: otherwise postgres_fdw and dblink would lend the server's
/// identity to any of its users.
bool service_allowed_here(std::string_view service, bool own_hosts);

}  // namespace pglakebase
