#include "pglakebase/core/helper_process.hpp"

#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/object_list.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "raw_syscall.hpp"
#include "supervisor.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_stack_size = 32 * 1024;

constexpr std::size_t k_passed_on_count = sizeof k_passed_on / sizeof k_passed_on[0];
constexpr const char* k_inert_mark = "PGLAKEBASE=off";

// So late at most the helper's end is noticed where there is something else to wait for.
constexpr std::int64_t k_longest_step_ms = 20;

// Hands out pieces of the job's mapping, which starts zeroed.
class Arena {
 public:
  Arena(char* start, std::size_t size) : at_(start), end_(start + size) {}

  char* take(std::size_t size) {
    size = (size + 15) & ~std::size_t{15};
    if (size > static_cast<std::size_t>(end_ - at_)) return nullptr;
    char* piece = at_;
    at_ += size;
    return piece;
  }

  char* copy(std::string_view text) {
    char* piece = take(text.size() + 1);
    if (piece != nullptr && !text.empty()) std::memcpy(piece, text.data(), text.size());
    return piece;
  }

 private:
  char* at_;
  char* end_;
};

std::size_t environment_size() {
  std::size_t size = 0;
  for (const char* name : k_passed_on)
    if (const char* value = environment(name))
      size += std::strlen(name) + std::strlen(value) + 2 + 15;
  return size + 64;
}

void fill_environment(Arena& arena, char** list) {
  std::size_t count = 0;
  for (const char* name : k_passed_on) {
    const char* value = environment(name);
    if (value == nullptr) continue;
    const std::size_t name_size = std::strlen(name);
    const std::size_t value_size = std::strlen(value);
    char* entry = arena.take(name_size + value_size + 2);
    if (entry == nullptr) break;
    std::memcpy(entry, name, name_size);
    entry[name_size] = '=';
    std::memcpy(entry + name_size + 1, value, value_size);
    list[count++] = entry;
  }
  list[count] = arena.copy(k_inert_mark);
}

HelperJob* make_job(const char* path, std::string_view document) {
  const std::size_t size = sizeof(HelperJob) + 2 * k_stack_size + std::strlen(path) +
                           document.size() + k_record_limit + environment_size() + 4096;
  void* mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  Arena arena(static_cast<char*>(mapping), size);
  auto* job = reinterpret_cast<HelperJob*>(arena.take(sizeof(HelperJob)));
  job->mapping_size = size;
  job->owner_pid = ::getpid();
  job->path = arena.copy(path);
  auto** arguments = reinterpret_cast<char**>(arena.take(2 * sizeof(char*)));
  arguments[0] = arena.copy("pglakebase-fetch");
  job->arguments = arguments;
  auto** list = reinterpret_cast<char**>(arena.take((k_passed_on_count + 2) * sizeof(char*)));
  fill_environment(arena, list);
  job->environment = list;
  job->document = arena.copy(document);
  job->document_size = document.size();
  job->reply = arena.take(k_record_limit);
  job->reply_capacity = k_record_limit;
  job->child_stack_top = arena.take(k_stack_size) + k_stack_size;
  return job;
}

// The supervisor's stack fills the end of the mapping.
void* supervisor_stack_top(HelperJob* job) {
  const auto end = reinterpret_cast<std::uintptr_t>(job) + job->mapping_size;
  return reinterpret_cast<void*>(end & ~std::uintptr_t{15});
}

void destroy(HelperJob* job) {
  wipe(const_cast<char*>(job->document), job->document_size);
  wipe(job->reply, job->reply_size);
  ::munmap(job, job->mapping_size);
}

bool ended(const HelperJob& job) {
  return __atomic_load_n(&job.supervisor_id, __ATOMIC_ACQUIRE) == 0;
}

// The end was seen, so this does not block.
void reap(HelperJob* job) {
  while (raw_syscall(SYS_wait4, job->supervisor_pid, 0, __WCLONE, 0) == -EINTR) {
  }
}

// Runs that nobody waits for. A stack without locks, so that a fork finds it usable.
std::atomic<HelperJob*> g_left_running{nullptr};

void leave_running(HelperJob* job) {
  job->next = g_left_running.load(std::memory_order_relaxed);
  while (!g_left_running.compare_exchange_weak(job->next, job, std::memory_order_release,
                                               std::memory_order_relaxed)) {
  }
}

// Waits for the end, a signal notwithstanding: handlers run at once, then the wait goes on.
bool wait_for_end(HelperJob& job, std::int64_t deadline_ms, const Meanwhile& meanwhile) {
  bool busy = meanwhile.step != nullptr;
  while (!ended(job)) {
    const std::int64_t left = deadline_ms - monotonic_ms();
    if (left <= 0) return false;
    if (busy) {
      busy = meanwhile.step(meanwhile.what, std::min(left, k_longest_step_ms));
      continue;
    }
    const timespec timeout{left / 1000, (left % 1000) * 1'000'000};
    const int id = __atomic_load_n(&job.supervisor_id, __ATOMIC_ACQUIRE);
    if (id == 0) break;
    raw_syscall(SYS_futex, reinterpret_cast<long>(&job.supervisor_id), FUTEX_WAIT, id,
                reinterpret_cast<long>(&timeout));
  }
  return true;
}

// With all signals blocked, so that no handler of the host runs on the supervisor's stack.
bool start_supervisor(HelperJob* job) {
  const unsigned long all = ~0UL;
  unsigned long before = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&all),
              reinterpret_cast<long>(&before), 8);
  const long pid = raw_clone(CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
                             supervisor_stack_top(job), &job->supervisor_id, supervise, job);
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&before), 0, 8);
  job->supervisor_pid = static_cast<int>(pid);
  return pid > 0;
}

int find_valgrind(dl_phdr_info* info, std::size_t, void*) {
  return info->dlpi_name != nullptr && std::strstr(info->dlpi_name, "/vgpreload_core") != nullptr;
}

// Valgrind knows no process that shares memory without being a thread or a vfork.
bool under_valgrind() {
  return for_each_object(find_valgrind, nullptr) != 0;
}

// Where a process of the above kind cannot be made (a seccomp filter, valgrind): an ordinary child.
// The host may see its SIGCHLD; its status may be taken by somebody else, and is not needed. Only
// for a caller who waits, and reaps it.
HelperEnd run_as_child(HelperJob* job, std::int64_t deadline_ms, Text& reply) {
  errno = EPERM;
  if (deadline_ms == 0) return HelperEnd::not_started;
  const UniqueFd in(anonymous_file(true));
  const UniqueFd out(anonymous_file(true));
  if (!in.valid() || !out.valid() || !write_all(in.get(), {job->document, job->document_size}) ||
      ::lseek(in.get(), 0, SEEK_SET) != 0)
    return HelperEnd::not_started;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (::posix_spawn_file_actions_init(&actions) != 0) return HelperEnd::not_started;
  if (::posix_spawnattr_init(&attributes) != 0) {
    ::posix_spawn_file_actions_destroy(&actions);
    return HelperEnd::not_started;
  }
  ::posix_spawn_file_actions_adddup2(&actions, in.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), 1);
  ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_RDWR, 0);
  sigset_t signals;
  ::sigfillset(&signals);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, job->path, &actions, &attributes, job->arguments, job->environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  errno = error;
  if (error != 0) return HelperEnd::not_started;
  for (std::int64_t pause = 1;; pause = pause < 20 ? pause * 2 : pause) {
    const pid_t got = ::waitpid(pid, nullptr, WNOHANG);
    if (got == pid || (got < 0 && errno == ECHILD)) break;
    if (monotonic_ms() >= deadline_ms) {
      // Left alone it would end as a zombie of the host's.
      ::kill(pid, SIGKILL);
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
      return HelperEnd::running;
    }
    sleep_ms(pause);
  }
  if (::lseek(out.get(), 0, SEEK_SET) != 0 || !read_all(out.get(), k_record_limit, reply))
    reply.clear();
  return HelperEnd::finished;
}

}  // namespace

void collect_ended_helpers() {
  if (g_left_running.load(std::memory_order_relaxed) == nullptr) return;
  HelperJob* job = g_left_running.exchange(nullptr, std::memory_order_acquire);
  while (job != nullptr) {
    HelperJob* next = job->next;
    if (job->owner_pid != ::getpid()) {
      // Inherited through a fork: the supervisor is the parent's, this copy of its memory is ours.
      ::munmap(job, job->mapping_size);
    } else if (ended(*job)) {
      reap(job);
      destroy(job);
    } else {
      leave_running(job);
    }
    job = next;
  }
}

HelperEnd run_helper(const char* path, std::string_view document, std::int64_t deadline_ms,
                     Text& reply, const Meanwhile& meanwhile) {
  collect_ended_helpers();
  HelperJob* job = make_job(path, document);
  if (job == nullptr) return HelperEnd::not_started;
  if (under_valgrind() || !start_supervisor(job)) {
    const HelperEnd end = run_as_child(job, deadline_ms, reply);
    destroy(job);
    return end;
  }
  if (deadline_ms == 0 || !wait_for_end(*job, deadline_ms, meanwhile)) {
    leave_running(job);
    return HelperEnd::running;
  }
  reap(job);
  const int error = job->exec_error;
  reply.append({job->reply, job->reply_size});
  destroy(job);
  errno = error;
  return error == 0 ? HelperEnd::finished : HelperEnd::not_started;
}

}  // namespace pglakebase
