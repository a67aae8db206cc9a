#pragma once

namespace pglakebase {

/// How the command ends. Documented in pglakebase(1); scripts rely on them.
enum ExitCode : int {
  k_exit_ok = 0,
  k_exit_failed = 1,  ///< a failure of no other kind
  k_exit_usage = 2,
  k_exit_not_configured = 3,    ///< no such service, or settings that cannot be used
  k_exit_refused = 4,           ///< signing in fails until something is changed
  k_exit_temporary = 5,         ///< signing in failed for now
  k_exit_not_executable = 126,  ///< `run`, as shells do
  k_exit_not_found = 127        ///< `run`, as shells do
};

}  // namespace pglakebase
