#pragma once

#include "pglakebase/auth/fetch.hpp"

namespace pglakebase {

/// Serves a request that a server refused a credential of: does the endpoint or instance that a
/// setting names own the hosts? One call, and where it does not, some more to find out who does.
/// Stores the answer for all, and appends the record (core/host_check.hpp) to `reply`. What cannot
/// be told for certain is not said: the server's own words stand. Does not throw.
bool check_hosts(const FetchContext& context, Text& reply);

}  // namespace pglakebase
