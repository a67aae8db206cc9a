#pragma once

#include <cstdint>

namespace pglakebase {

/// Milliseconds since 1970-01-01 UTC (CLOCK_REALTIME): what expiry times are compared with, since
/// it goes on during suspend.
std::int64_t wall_clock_ms();

/// Milliseconds of CLOCK_MONOTONIC: what deadlines are counted with.
std::int64_t monotonic_ms();

/// Milliseconds of CLOCK_BOOTTIME: goes on during suspend, and nobody can set it.
std::int64_t since_boot_ms();

/// Sleeps; a signal ends it early.
void sleep_ms(std::int64_t milliseconds);

}  // namespace pglakebase
