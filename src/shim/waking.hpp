#pragma once

#include <cstdint>

#include "libpq.hpp"
#include "pglakebase/core/directives.hpp"

namespace pglakebase {

/// How long a blocking call waits for an endpoint that is asleep, in milliseconds: `wake_timeout`
/// (seconds; 0: not at all), and never longer than the caller's connect_timeout (0: none), which
/// for libpq is each address's and here is the whole call's. Without either, a minute.
std::int64_t wake_patience_ms(DirectiveView directives, std::int64_t connect_timeout_s);

/// settle(), and while the endpoint seems asleep the blocking connect or reset is done again, with
/// pauses that grow and the credential taken anew each time. `begun_ms` (monotonic_ms()): when the
/// caller's call began. Signals are handled as ever, and the wait goes on; no attempt begins after
/// the time is over.
void settle_awake(const Libpq& libpq, PGconn* connection, std::int64_t begun_ms);

}  // namespace pglakebase
