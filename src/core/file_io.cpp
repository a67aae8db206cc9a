#include "pglakebase/core/file_io.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/unique_fd.hpp"

namespace pglakebase {
namespace {

// Writing behind the process's limit would end it (SIGXFSZ).
bool within_limit(int fd, std::size_t size) {
  rlimit limit{};
  struct stat st {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      status_of(fd, &st) != 0 || !S_ISREG(st.st_mode))
    return true;
  errno = EFBIG;
  return static_cast<std::size_t>(st.st_size) + size <= limit.rlim_cur;
}

}  // namespace

bool read_all(int fd, std::size_t limit, Text& out, std::size_t expected) {
  std::size_t done = out.size();
  const std::size_t end = done + limit;
  const bool known = expected > 0 && expected <= limit;
  const std::size_t last = done + expected;
  for (std::size_t room = known ? expected + 1 : 4096;; room = room * 2) {
    // One byte more than allowed, to see that a file is too long.
    if (done + room > end + 1) room = end + 1 - done;
    if (!out.resize(done + room)) return false;
    const ssize_t got = ::read(fd, out.data() + done, room);
    if (got < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    done += static_cast<std::size_t>(got);
    if (done > end) return false;
    if (got == 0 || (known && done == last)) return out.resize(done);
  }
}

bool write_all(int fd, std::string_view bytes) {
  if (!within_limit(fd, bytes.size())) return false;
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool read_regular_file(const char* path, std::size_t limit, Text& out, bool* trusted) {
  if (path[0] != '/') return false;
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat st {};
  if (!fd.valid() || status_of(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  if (trusted != nullptr)
    *trusted =
        (st.st_uid == ::geteuid() || st.st_uid == 0) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  return read_all(fd.get(), limit, out, static_cast<std::size_t>(st.st_size));
}

}  // namespace pglakebase
