#pragma once

#include <cstdint>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/request.hpp"

/// How often a credential that a server refused is replaced: a revoked one at once; but a role that
/// the identity may not have costs one fetch a minute, however many connections try it.
namespace pglakebase {

/// May the credential issued at `issued_ms` (milliseconds since 1970) be replaced now? If so, a
/// note of it is left for all processes.
bool may_replace(const Cache& cache, const Request& request, std::int64_t issued_ms);

/// The replacement was accepted: the note is void.
void replacement_accepted(const Cache& cache, const Request& request);

}  // namespace pglakebase
