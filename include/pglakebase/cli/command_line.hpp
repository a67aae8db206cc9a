#pragma once

#include <cstddef>
#include <span>

namespace pglakebase {

/// How many of main's arguments (the name included) are ours. With `run` the rest is the program
/// and its arguments: what follows "--", or begins with the first word that is no option.
/// `separator` tells whether a "--" stands between the two.
std::size_t own_arguments(std::span<char* const> arguments, bool& separator);

}  // namespace pglakebase
