#pragma once

#include <cstdint>
#include <string>

namespace pglakebase {

/// `2026-08-22T12:00:00Z` (RFC 3339) for milliseconds since 1970.
std::string utc_time(std::int64_t time_ms);

/// `35 s`, `48 min`, `2 h 5 min`, `3 d 4 h`: the two largest parts, rounded down. Below a second,
/// and for negative spans: `0 s`.
std::string span(std::int64_t milliseconds);

}  // namespace pglakebase
