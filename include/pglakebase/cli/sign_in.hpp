#pragma once

#include <cstdint>

#include "pglakebase/core/obtain.hpp"

namespace pglakebase {

/// Keeps what this process holds from now on out of core dumps; a program that it executes is not
/// concerned.
void forbid_core_dumps();

/// The exit code for a failed sign-in.
int exit_code(const Failure& failure);

}  // namespace pglakebase
