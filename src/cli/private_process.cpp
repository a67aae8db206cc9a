#include "private_process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace pglakebase {
namespace {

constexpr int k_first_foreign = 3;
// Enough for a sign-in and for the programs that it starts.
constexpr rlim_t k_descriptors = 256;

// Not by close_range(), for which the filter of a program that starts us may kill: it is younger
// than some of them.
void close_foreign_descriptors() {
  if (DIR* list = ::opendir("/proc/self/fd")) {
    while (const dirent* entry = ::readdir(list)) {
      const int fd = std::atoi(entry->d_name);
      if (fd >= k_first_foreign && fd != ::dirfd(list)) ::close(fd);
    }
    ::closedir(list);
    return;
  }
  const long last = ::sysconf(_SC_OPEN_MAX);
  for (int fd = k_first_foreign; fd < (last > 0 && last < 65536 ? last : 65536); ++fd) ::close(fd);
}

// Otherwise a file of ours could come to be standard output.
void fill_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd < k_first_foreign) fd = ::open("/dev/null", O_RDWR);
  if (fd >= 0) ::close(fd);
}

// A program that keeps itself to few files has not counted ours.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= k_descriptors) return;
  limit.rlim_cur = std::min(limit.rlim_max, k_descriptors);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  // libcurl is told to leave signals alone; a connection that closes is its business.
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

void make_process_private() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  raise_descriptor_limit();
  ::umask(077);
  // A directory in use cannot be unmounted.
  if (::chdir("/") != 0) _exit(1);
  fill_standard_descriptors();
  close_foreign_descriptors();
  reset_signals();
}

void end_process_after(std::int64_t milliseconds) {
  itimerval timer{};
  timer.it_value.tv_sec = milliseconds / 1000;
  timer.it_value.tv_usec = milliseconds % 1000 * 1000;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace pglakebase
