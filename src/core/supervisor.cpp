// This file runs in a process that shares the host's memory while the host runs on. It makes raw
// system calls only, touches nothing but its job and its stacks, and calls no function of libc.
#include "supervisor.hpp"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>

#include "raw_syscall.hpp"

namespace pglakebase {
namespace {

constexpr long k_host_ended = SIGUSR1;

long address(const void* pointer) {
  return reinterpret_cast<long>(pointer);
}

[[noreturn]] void end(int code) {
  for (;;) raw_syscall(SYS_exit_group, code);
}

// A host's descriptors must not live on in here: somebody may wait for the end of a pipe.
//
// Found in /proc first: close_range() is younger than some systems' filters, and a filter that
// kills for what it does not know would, before Linux 5.16, kill everybody who shares this memory.
bool close_what_is_listed() {
  // So that there is a number for the list.
  raw_syscall(SYS_close, 0);
  const long list =
      raw_syscall(SYS_openat, AT_FDCWD, address("/proc/self/fd"), O_RDONLY | O_DIRECTORY);
  if (list < 0) return false;
  // struct linux_dirent64: its size stands at 16, its name at 19.
  alignas(8) unsigned char entries[1024];
  for (;;) {
    const long size = raw_syscall(SYS_getdents64, list, address(entries), sizeof entries);
    if (size <= 0) break;
    for (long at = 0; at < size; at += entries[at + 16] | entries[at + 17] << 8) {
      long fd = 0;
      const unsigned char* digit = entries + at + 19;
      // The kernel has written it, which the analyzer does not see.
      // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult)
      for (; *digit >= '0' && *digit <= '9'; ++digit) fd = fd * 10 + (*digit - '0');
      if (*digit == '\0' && fd != list) raw_syscall(SYS_close, fd);
    }
  }
  raw_syscall(SYS_close, list);
  return true;
}

void close_everything() {
  if (close_what_is_listed()) return;
#ifdef SYS_close_range
  if (raw_syscall(SYS_close_range, 0, ~0U, 0) == 0) return;
#endif
  struct {
    unsigned long current;
    unsigned long maximum;
  } limit = {1024, 1024};
  raw_syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, 0, address(&limit));
  const unsigned long last = limit.current < 65536 ? limit.current : 65536;
  for (unsigned long fd = 0; fd < last; ++fd) raw_syscall(SYS_close, static_cast<long>(fd));
}

// What a call that should have given `wanted` failed with: another number is nobody's error.
int error_of(long got, long wanted) {
  if (got == wanted) return 0;
  return got < 0 ? static_cast<int>(-got) : EBADF;
}

int write_document(const HelperJob& job) {
  for (std::size_t done = 0; done < job.document_size;) {
    const long put = raw_syscall(SYS_write, 0, address(job.document + done),
                                 static_cast<long>(job.document_size - done));
    if (put <= 0) return put < 0 ? static_cast<int>(-put) : EIO;
    done += static_cast<std::size_t>(put);
  }
  return error_of(raw_syscall(SYS_lseek, 0, 0, 0 /* SEEK_SET */), 0);
}

// Descriptor 0 with the document, 1 for the reply, 2 to nowhere; the lowest free number is taken.
// The errno of what failed, else 0.
int make_descriptors(const HelperJob& job) {
  int error = error_of(anonymous_file(false), 0);
  if (error == 0) error = write_document(job);
  if (error == 0) error = error_of(anonymous_file(false), 1);
  if (error != 0 || raw_syscall(SYS_openat, AT_FDCWD, address("/dev/null"), O_RDWR) == 2)
    return error;
  return error_of(anonymous_file(false), 2);
}

void default_action(int signal) {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } action = {nullptr, 0, nullptr, 0};
  raw_syscall(SYS_rt_sigaction, signal, address(&action), 0, 8);
}

void default_signals() {
  for (int signal = 1; signal <= 64; ++signal) default_action(signal);
  unsigned long none = 0;
  raw_syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, address(&none), 0, 8);
}

// A host that has put its rights aside (seteuid) would get a helper for which no variable counts
// (AT_SECURE), and with more rights than the host uses. Of this task alone, and only where it is
// needed: some filters kill for these calls.
void keep_effective_rights() {
  const long group = raw_syscall(SYS_getegid);
  if (raw_syscall(SYS_getgid) != group) raw_syscall(SYS_setresgid, group, group, group);
  const long user = raw_syscall(SYS_geteuid);
  if (raw_syscall(SYS_getuid) != user) raw_syscall(SYS_setresuid, user, user, user);
}

[[noreturn]] void become_helper(void* pointer) {
  auto* job = static_cast<HelperJob*>(pointer);
  default_signals();
  keep_effective_rights();
  job->exec_error = static_cast<int>(-raw_syscall(
      SYS_execve, address(job->path), address(job->arguments), address(job->environment)));
  end(127);
}

void keep_reply(HelperJob& job) {
  while (job.reply_size < job.reply_capacity) {
    const long got = raw_syscall(SYS_pread64, 1, address(job.reply + job.reply_size),
                                 static_cast<long>(job.reply_capacity - job.reply_size),
                                 static_cast<long>(job.reply_size));
    if (got <= 0) return;
    job.reply_size += static_cast<std::size_t>(got);
  }
}

// Until the helper has ended, or the host has: its memory, which may be a lot, must not last as
// long as the helper. All signals are blocked in here.
void await(const HelperJob& job, long child) {
  const unsigned long awaited = 1UL << (SIGCHLD - 1) | 1UL << (k_host_ended - 1);
  while (raw_syscall(SYS_wait4, child, 0, WNOHANG, 0) == 0) {
    // The signal also comes when a mere thread of the host ends.
    // One that is in another PID namespace (unshare(1) without --fork) cannot be told: 0.
    const long parent = raw_syscall(SYS_getppid);
    if (parent != job.owner_pid && parent != 0) end(0);
    raw_syscall(SYS_rt_sigtimedwait, address(&awaited), 0, 0, 8);
  }
}

}  // namespace

int anonymous_file(bool close_on_exec) {
  const long flags = close_on_exec ? MFD_CLOEXEC : 0;
  const long fd = raw_syscall(SYS_memfd_create, address("pglakebase"), flags);
  if (fd >= 0) return static_cast<int>(fd);
  // Some sandboxes refuse that; this is memory, too.
  const long other = raw_syscall(SYS_openat, AT_FDCWD, address("/dev/shm"),
                                 O_TMPFILE | O_RDWR | (close_on_exec ? O_CLOEXEC : 0), 0600);
  // Who has neither lacks the first: that there is no /dev/shm would sound like no helper.
  return static_cast<int>(other >= 0 ? other : fd);
}

void supervise(void* pointer) {
  auto* job = static_cast<HelperJob*>(pointer);
  raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, k_host_ended);
  default_action(SIGCHLD);
  // Its own session: a Ctrl-C at the terminal is for the host.
  raw_syscall(SYS_setsid);
  close_everything();
  job->exec_error = make_descriptors(*job);
  if (job->exec_error != 0) end(1);
  const long child = raw_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, job->child_stack_top, nullptr,
                               become_helper, job);
  if (child < 0) {
    job->exec_error = static_cast<int>(-child);
    end(1);
  }
  await(*job, child);
  keep_reply(*job);
  end(0);
}

}  // namespace pglakebase
