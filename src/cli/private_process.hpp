#pragma once

#include <cstdint>

namespace pglakebase {

/// Makes this a process that keeps secrets: no core dump, no ptrace, no file that others may read,
/// no descriptor, signal setting or directory of whoever started it. Descriptors 0 to 2 stay.
void make_process_private();

/// Ends the process this long after now, whatever it does then.
void end_process_after(std::int64_t milliseconds);

}  // namespace pglakebase
