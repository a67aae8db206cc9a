#pragma once

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The value of a variable; null if it is unset, empty, or the process runs with the rights of
/// somebody else (AT_SECURE). The value belongs to the environment.
const char* environment(const char* name);

/// $HOME if it is an absolute path, else the home of the effective user in the passwd database.
/// False if there is neither.
bool home_directory(Text& out);

/// The home of the effective user in the passwd database, whatever HOME says. False if there is
/// none.
bool passwd_home(Text& out);

/// The name of the effective user in the passwd database. False if there is none.
bool user_name(Text& out);

}  // namespace pglakebase
