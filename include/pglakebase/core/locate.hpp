#pragma once

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// Finds `pglakebase-fetch` from the place of the code that asks (library or executable): in the
/// installed tree or the build tree. The result is absolute. False if it is not there.
bool locate_helper(Text& path);

/// Finds `libpglakebase.so` from the place of the command, in the same way.
bool locate_library(Text& path);

}  // namespace pglakebase
