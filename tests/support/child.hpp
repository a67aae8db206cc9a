#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace pglakebase::test {

/// Forks; the child runs `body` and ends with what it returns.
template <typename Body>
pid_t start_child(Body body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  // Without the parent's destructors and output buffers.
  ::_exit(body());
}

/// The exit code; 1000 + the signal's number if one ended it.
inline int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

template <typename Body>
int in_child(Body body) {
  return wait_for(start_child(body));
}

constexpr unsigned k_nobody = 65534;

}  // namespace pglakebase::test
