// Reports everything of a process that a library might disturb, before and after one connect:
//   state_probe CONNINFO
#include <dirent.h>
#include <libpq-fe.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "report.hpp"

extern char** environ;

namespace {

volatile sig_atomic_t g_sigchld = 0;

void count_sigchld(int) {
  g_sigchld = g_sigchld + 1;
}

std::vector<std::string> list(const char* path) {
  std::vector<std::string> names;
  DIR* directory = ::opendir(path);
  if (directory == nullptr) return names;
  while (const dirent* entry = ::readdir(directory))
    if (entry->d_name[0] != '.' && std::to_string(::dirfd(directory)) != entry->d_name)
      names.emplace_back(entry->d_name);
  ::closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

void report_descriptors(const std::string& when) {
  std::string all;
  for (const std::string& fd : list("/proc/self/fd")) {
    char target[4096];
    const ssize_t size = ::readlink(("/proc/self/fd/" + fd).c_str(), target, sizeof target);
    std::string name(target, size > 0 ? static_cast<std::size_t>(size) : 0);
    // Numbers of pipes and sockets differ from run to run.
    all += fd + ":" + name.substr(0, name.find("[")) + " ";
  }
  report(when + "_fds", all);
}

void report_signals(const std::string& when) {
  std::string handlers;
  for (int number = 1; number < 65; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) != 0) continue;
    const bool ours = action.sa_handler == count_sigchld;
    handlers += action.sa_handler == SIG_DFL   ? "d"
                : action.sa_handler == SIG_IGN ? "i"
                : ours                         ? "o"
                                               : "?";
    handlers += std::to_string(action.sa_flags & ~0x04000000) + " ";
  }
  report(when + "_handlers", handlers);
  sigset_t mask;
  sigset_t pending;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  ::sigpending(&pending);
  std::string blocked;
  for (int number = 1; number < 65; ++number) {
    if (::sigismember(&mask, number) == 1) blocked += std::to_string(number) + " ";
    if (::sigismember(&pending, number) == 1) blocked += std::to_string(number) + "! ";
  }
  report(when + "_mask", blocked);
}

void report_state(const std::string& when) {
  report_descriptors(when);
  report_signals(when);
  std::string variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::strncmp(*variable, "LD_PRELOAD=", 11) != 0) variables += std::string(*variable) + "\n";
  report(when + "_environment", std::to_string(std::hash<std::string>()(variables)));
  char* directory = ::getcwd(nullptr, 0);
  report(when + "_cwd", directory != nullptr ? directory : "?");
  std::free(directory);
  const mode_t mode = ::umask(0);
  ::umask(mode);
  report(when + "_umask", mode);
  report(when + "_locale", ::setlocale(LC_ALL, nullptr));
  report(when + "_threads", static_cast<long>(list("/proc/self/task").size()));
  report(when + "_alarm", ::alarm(0));
  errno = 0;
  report(when + "_children",
         ::waitpid(-1, nullptr, WNOHANG | __WALL) == -1 && errno == ECHILD ? 0 : 1);
  report(when + "_sigchld", g_sigchld);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  ::setlocale(LC_ALL, "");
  ::umask(027);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  struct sigaction action {};
  action.sa_handler = count_sigchld;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGCHLD, &action, nullptr);

  report_state("before");
  errno = 77;
  PGconn* connection = PQconnectdb(argv[1]);
  const int after = errno;
  report("errno", after);
  report("status", PQstatus(connection) == CONNECTION_OK ? "ok" : "bad");
  report("error", PQerrorMessage(connection));
  report_state("connected");
  errno = 78;
  PQfinish(connection);
  report("errno_finish", errno);
  report_state("finished");
}
