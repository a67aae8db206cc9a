#include "host.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>

#include "../report.hpp"

namespace host {
namespace {

volatile sig_atomic_t g_sigchld = 0;

void on_sigchld(int) {
  g_sigchld = g_sigchld + 1;
}

bool is_zombie_of_ours(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  std::string state;
  long parent = 0;
  rest >> state >> parent;
  return state == "Z" && parent == ::getpid();
}

}  // namespace

long now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Connected connect(const char* conninfo, bool keep) {
  Connected result;
  const long started = now_ms();
  PGconn* connection = PQconnectdb(conninfo);
  result.milliseconds = now_ms() - started;
  result.ok = PQstatus(connection) == CONNECTION_OK;
  result.error = PQerrorMessage(connection);
  if (keep) {
    result.kept = connection;
  } else {
    PQfinish(connection);
  }
  return result;
}

void report_connected(const std::string& name, const Connected& connected) {
  report(name + "_status", connected.ok ? "ok" : "bad");
  report(name + "_error", connected.error);
  report(name + "_ms", connected.milliseconds);
}

int zombies() {
  int count = 0;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return -1;
  while (const dirent* entry = ::readdir(proc))
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && is_zombie_of_ours(entry->d_name))
      ++count;
  ::closedir(proc);
  return count;
}

bool visible_child() {
  errno = 0;
  return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD;
}

void count_sigchld(int flags) {
  g_sigchld = 0;
  struct sigaction action {};
  action.sa_handler = on_sigchld;
  action.sa_flags = flags;
  ::sigaction(SIGCHLD, &action, nullptr);
}

int sigchld_count() {
  return g_sigchld;
}

int run(int argc, char** argv, const std::map<std::string, Situation>& situations) {
  if (argc < 3) return 2;
  const auto found = situations.find(argv[1]);
  if (found == situations.end()) return 2;
  return found->second(argv[2], argc - 3, argv + 3);
}

}  // namespace host
