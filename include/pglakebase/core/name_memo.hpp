#pragma once

#include "pglakebase/core/cache.hpp"

namespace pglakebase {

/// cache.name(message), which this process computes once for each message: a program that connects
/// again and again asks for the same few names, and their HMAC is the dearest part of looking them
/// up. Whole messages are compared. They stay in memory, so this is not for secrets.
EntryName remembered_name(const Cache& cache, std::string_view message);

}  // namespace pglakebase
