#pragma once

namespace pglakebase {

/// Has the user switched us off for this process? PGLAKEBASE=off (0, no), or USE_LAKEBASE set to
/// anything but true.
bool switched_off();

/// PGLAKEBASE_HOOKS=off: dlsym() and dlopen() stay the dynamic linker's.
bool hooks_switched_off();

}  // namespace pglakebase
