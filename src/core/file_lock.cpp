#include "pglakebase/core/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "pglakebase/core/clock.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_digits_of_name = 3;

}  // namespace

FileLock FileLock::acquire(const Cache& cache, const EntryName& name, std::int64_t deadline_ms,
                           LockLevel level) {
  FileLock lock;
  if (!cache.valid()) {
    lock.held_ = true;
    return lock;
  }
  Text file;
  file.append("lock-").append_char(static_cast<char>(level));
  file.append(slice(name.view(), 0, k_digits_of_name));
  lock.fd_ = UniqueFd(::openat(cache.fd(), file.c_str(),
                               O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!lock.fd_.valid()) {
    // A full or read-only file system: work goes on, only not one at a time.
    lock.held_ = true;
    return lock;
  }
  for (std::int64_t pause = 1;; pause = pause < 50 ? pause * 2 : pause) {
    if (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) == 0) {
      lock.held_ = true;
      return lock;
    }
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      lock.held_ = true;
      return lock;
    }
    if (monotonic_ms() >= deadline_ms) return lock;
    sleep_ms(pause);
  }
}

}  // namespace pglakebase
