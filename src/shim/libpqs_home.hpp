#pragma once

#include "pglakebase/core/environment.hpp"

namespace pglakebase {

/// What that libpq takes for ~. Since 15 it looks at HOME first, as home_directory() does; before,
/// only at the passwd database. False if there is none.
inline bool libpqs_home(int libpq_version, Text& out) {
  return libpq_version >= 150000 ? home_directory(out) : passwd_home(out);
}

}  // namespace pglakebase
