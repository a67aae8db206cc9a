#include "pglakebase/cli/sign_in.hpp"

#include <sys/prctl.h>

#include "pglakebase/cli/exit_code.hpp"

namespace pglakebase {

void forbid_core_dumps() {
#if !defined(__SANITIZE_ADDRESS__)
  // The leak checker needs to trace the process.
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

int exit_code(const Failure& failure) {
  return failure.permanent ? k_exit_refused : k_exit_temporary;
}

}  // namespace pglakebase
