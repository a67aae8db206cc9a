#pragma once

namespace pglakebase {

/// Could a sign-in be wanting for file descriptors that this process, or the whole machine, does
/// not have? Asked behind a failure: libraries tell of a file or a server where it is this.
bool descriptors_run_short();

}  // namespace pglakebase
