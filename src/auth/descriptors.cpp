#include "pglakebase/auth/descriptors.hpp"

#include <fcntl.h>

#include <cerrno>

#include "pglakebase/core/unique_fd.hpp"

namespace pglakebase {
namespace {

// More than a call opens at once, with a name to look up, roots to read and a lock to hold.
constexpr int k_enough = 8;

}  // namespace

bool descriptors_run_short() {
  UniqueFd opened[k_enough];
  for (UniqueFd& fd : opened) {
    // A chroot may be without /dev/null, and nobody needs a right to read this.
    fd = UniqueFd(::open("/", O_PATH | O_CLOEXEC));
    if (!fd.valid()) return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
  }
  return false;
}

}  // namespace pglakebase
