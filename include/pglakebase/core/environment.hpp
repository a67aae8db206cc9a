#pragma once

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What the helper, and the programs that it starts (databricks, az), get of the host's
/// environment. Settings and secrets travel in the document; nothing that steers the dynamic linker
/// goes along.
inline constexpr char k_passed_on[][25] = {
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    // What the Azure CLI reads in place of SSL_CERT_FILE.
    "REQUESTS_CA_BUNDLE",
};

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
