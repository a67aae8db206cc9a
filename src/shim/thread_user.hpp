#pragma once

#include "loaded_object.hpp"

namespace pglakebase {

/// The user token that the program gave for this thread (pglakebase.h); empty if what it gave is
/// none, null if it gave nothing. Valid until the thread gives another. `loaded` is the count by
/// which objects are known now.
const char* thread_user_token(const LoadCount& loaded);

}  // namespace pglakebase
