#include "pglakebase/auth/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// How often it is looked whether the program has ended: a program that it left behind may hold
// its output open.
constexpr int k_look_ms = 20;

struct Pipe {
  UniqueFd read;
  UniqueFd write;

  explicit Pipe(const std::string& program) {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0)
      throw CommandError(program + " cannot be started (" + std::strerror(errno) + ")");
    read = UniqueFd(fds[0]);
    write = UniqueFd(fds[1]);
  }
};

std::vector<std::string> inherited() {
  std::vector<std::string> variables;
  const auto take = [&](const std::string& name) {
    if (const char* value = environment(name.c_str())) variables.push_back(name + "=" + value);
  };
  for (const char* name : k_passed_on) take(name);
  for (const Input& input : inputs()) {
    if (input.input_class != InputClass::network) continue;
    char buffer[64];
    std::string_view name;
    for (std::size_t n = 0; input_variable(input, n, buffer, name); ++n) take(std::string(name));
  }
  return variables;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

// In the child, between fork and exec: only what a signal handler may call.
[[noreturn]] void become(char* const* arguments, char* const* variables, pid_t parent, int out,
                         int error, int failed) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (::getppid() == parent && nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
      ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(error, STDERR_FILENO) >= 0 && ::chdir("/") == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    ::execve(arguments[0], arguments, variables);
  }
  const int reason = errno;
  while (::write(failed, &reason, sizeof reason) < 0 && errno == EINTR) {
  }
  ::_exit(127);
}

// Reads what is there. False at the end of it.
bool take(int fd, std::string& into, std::size_t limit, bool& too_much) {
  char bytes[16 * 1024];
  for (;;) {
    const ssize_t size = ::read(fd, bytes, sizeof bytes);
    if (size == 0) return false;
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    const std::size_t room = limit - into.size();
    if (static_cast<std::size_t>(size) > room) too_much = true;
    into.append(bytes, std::min(room, static_cast<std::size_t>(size)));
    ::explicit_bzero(bytes, static_cast<std::size_t>(size));
  }
}

// The program has ended, and its number is still its own.
bool ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == child;
}

void collect(pid_t child, int out, int error, std::int64_t deadline_ms, CommandResult& result) {
  pollfd open[2] = {{out, POLLIN, 0}, {error, POLLIN, 0}};
  bool too_much = false;
  bool ignored = false;
  for (;;) {
    const bool last_look = ended(child);
    if (open[0].fd >= 0 && !take(out, result.out, Command::k_output_limit, too_much))
      open[0].fd = -1;
    if (open[1].fd >= 0 && !take(error, result.error, Command::k_error_limit, ignored))
      open[1].fd = -1;
    if (too_much) {
      result.end = CommandResult::End::too_much;
      return;
    }
    if (last_look) return;
    const std::int64_t left_ms = deadline_ms - monotonic_ms();
    if (left_ms <= 0) {
      result.end = CommandResult::End::timed_out;
      return;
    }
    ::poll(open, 2, static_cast<int>(std::min<std::int64_t>(left_ms, k_look_ms)));
  }
}

void finish(pid_t child, CommandResult& result) {
  // Whatever it left behind goes, too.
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (result.end != CommandResult::End::exited) return;
  if (WIFSIGNALED(status)) result.end = CommandResult::End::killed;
  result.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

bool executable(const std::string& path, std::int64_t at_least) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= at_least &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string CommandResult::how() const {
  switch (end) {
    case End::exited:
      return "ended with status " + std::to_string(status);
    case End::killed:
      return "was ended by signal " + std::to_string(status);
    case End::timed_out:
      return "did not end in time";
    case End::too_much:
      break;
  }
  return "wrote far too much";
}

Command& Command::variable(std::string_view name, std::string_view value) {
  variables_.push_back(std::string(name) + "=" + std::string(value));
  return *this;
}

CommandResult Command::run(std::int64_t limit_ms) const {
  const std::int64_t deadline_ms = monotonic_ms() + limit_ms;
  const std::string& program = arguments_.front();
  std::vector<std::string> variables = inherited();
  variables.insert(variables.end(), variables_.begin(), variables_.end());
  const std::vector<char*> arguments = pointers(arguments_);
  const std::vector<char*> environment = pointers(variables);

  Pipe out(program);
  Pipe error(program);
  Pipe failed(program);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw CommandError(program + " cannot be started (" + std::strerror(errno) + ")");
  if (child == 0)
    become(arguments.data(), environment.data(), parent, out.write.get(), error.write.get(),
           failed.write.get());
  // Both do it, since either may be first.
  ::setpgid(child, child);
  out.write = UniqueFd();
  error.write = UniqueFd();
  failed.write = UniqueFd();

  CommandResult result;
  int reason = 0;
  if (::read(failed.read.get(), &reason, sizeof reason) > 0) {
    finish(child, result);
    throw CommandError(program + " cannot be started (" + std::strerror(reason) + ")");
  }
  ::fcntl(out.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(error.read.get(), F_SETFL, O_NONBLOCK);
  collect(child, out.read.get(), error.read.get(), deadline_ms, result);
  finish(child, result);
  return result;
}

std::string find_program(std::string_view name, std::int64_t at_least) {
  if (name.find('/') != std::string_view::npos)
    return name.front() == '/' && executable(std::string(name), at_least) ? std::string(name) : "";
  const char* path = environment("PATH");
  if (path == nullptr || name.empty()) return {};
  std::string_view rest = path;
  std::string_view directory;
  while (take_until(rest, ':', directory)) {
    if (!directory.starts_with('/')) continue;
    std::string candidate = std::string(directory) + "/" + std::string(name);
    if (executable(candidate, at_least)) return candidate;
  }
  return {};
}

}  // namespace pglakebase
