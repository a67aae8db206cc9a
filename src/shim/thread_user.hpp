#pragma once

namespace pglakebase {

/// The user token that the program gave for this thread (pglakebase.h); empty if what it gave is
/// none, null if it gave nothing. Valid until the thread gives another.
const char* thread_user_token();

}  // namespace pglakebase
