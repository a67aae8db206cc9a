// A host with children of its own, that forks, reaps, spawns or execs around a connect:
//   children_host SITUATION CONNINFO ...
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../report.hpp"
#include "host.hpp"

extern char** environ;

namespace {

void report_children(int patience_ms = 0) {
  report("sigchld", host::sigchld_count());
  report("visible_child", host::visible_child() ? 1 : 0);
  for (; patience_ms > 0 && host::zombies() != 0; patience_ms -= 20) ::usleep(20'000);
  report("zombies", host::zombies());
}

int simple(const char* conninfo, int, char**) {
  host::report_connected("first", host::connect(conninfo));
  host::report_connected("second", host::connect(conninfo));
  report_children();
  return 0;
}

int ignored(const char* conninfo, int argc, char** argv) {
  ::signal(SIGCHLD, SIG_IGN);
  return simple(conninfo, argc, argv);
}

int handled(const char* conninfo, int argc, char** argv) {
  host::count_sigchld(SA_RESTART);
  return simple(conninfo, argc, argv);
}

int subreaper(const char* conninfo, int argc, char** argv) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return handled(conninfo, argc, argv);
}

// A thread that reaps whatever there is, while the program has children of its own.
int reaped(const char* conninfo, int argc, char** argv) {
  const int options = argc > 0 && std::string(argv[0]) == "wall" ? __WALL : 0;
  std::atomic<bool> stop{false};
  std::set<pid_t> reaped;
  std::thread reaper([&] {
    while (!stop) {
      const pid_t pid = ::waitpid(-1, nullptr, options);
      if (pid > 0) reaped.insert(pid);
      if (pid < 0) ::usleep(200);
    }
  });
  std::set<pid_t> own;
  std::thread parent([&] {
    for (int i = 0; i < 20; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) ::_exit(0);
      own.insert(pid);
      ::usleep(10'000);
    }
  });
  host::report_connected("first", host::connect(conninfo));
  parent.join();
  for (int i = 0; i < 200 && reaped.size() < own.size(); ++i) ::usleep(10'000);
  stop = true;
  // In case that it waits with nothing to come.
  const pid_t last = ::fork();
  if (last == 0) ::_exit(0);
  reaper.join();
  long strange = 0;
  for (const pid_t pid : reaped) strange += own.count(pid) == 0 && pid != last ? 1 : 0;
  long lost = 0;
  for (const pid_t pid : own) lost += reaped.count(pid) == 0 ? 1 : 0;
  report("strange", strange);
  report("lost", lost);
  return 0;
}

// The credential is ageing: every connect may start a refresh that nobody waits for.
int background(const char* conninfo, int argc, char** argv) {
  host::count_sigchld(SA_RESTART);
  const int times = argc > 0 ? std::atoi(argv[0]) : 10;
  long worst = 0;
  int bad = 0;
  for (int i = 0; i < times; ++i) {
    const host::Connected connected = host::connect(conninfo);
    worst = std::max(worst, connected.milliseconds);
    bad += connected.ok ? 0 : 1;
    ::usleep(100'000);
  }
  report("bad", bad);
  report("worst_ms", worst);
  report_children();
  return 0;
}

// A connection that has something renewed, and another one that has not: what does the first leave?
int renewal_then_none(const char* conninfo, int, char** argv) {
  host::report_connected("first", host::connect(conninfo));
  for (int waited = 0; waited < 10'000 && host::zombies() == 0; waited += 20) ::usleep(20'000);
  report("zombies_before", host::zombies());
  host::report_connected("second", host::connect(argv[0]));
  report("zombies", host::zombies());
  return 0;
}

int fork_both(const char* conninfo, int argc, char**) {
  // With an argument: after a connection of the parent's.
  if (argc > 0) host::report_connected("before", host::connect(conninfo));
  const pid_t child = ::fork();
  const host::Connected connected = host::connect(conninfo);
  host::report_connected(child == 0 ? "child" : "parent", connected);
  if (child == 0) ::_exit(connected.ok ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  report("child_exit", status);
  report_children();
  return 0;
}

// Forks while other threads are somewhere in the middle of connecting. Nobody listens where the
// children connect to: OpenSSL, which comes after that, has locks that a fork may leave taken.
int fork_meanwhile(const char* conninfo, int argc, char** argv) {
  if (argc < 2) return 2;
  const int forks = std::atoi(argv[0]);
  const char* childs = argv[1];
  std::atomic<bool> stop{false};
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (!stop) bad += host::connect(conninfo).ok ? 0 : 1;
    });
  int stuck = 0;
  int failed = 0;
  for (int i = 0; i < forks; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(10);
      ::_exit(host::connect(childs).error.find("Connection refused") != std::string::npos ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    stuck += WIFSIGNALED(status) ? 1 : 0;
    failed += WIFEXITED(status) && WEXITSTATUS(status) != 0 ? 1 : 0;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  report("bad", bad);
  report("stuck", stuck);
  report("failed", failed);
  return 0;
}

// Forks while other threads ask for messages, the shortest of calls.
int fork_among_calls(const char*, int argc, char** argv) {
  const int forks = argc > 0 ? std::atoi(argv[0]) : 100;
  // libpq has a lock of its own at the first message, which a fork may leave taken.
  PQerrorMessage(nullptr);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (!stop) PQerrorMessage(nullptr);
    });
  int stuck = 0;
  for (int i = 0; i < forks && stuck == 0; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      PQerrorMessage(nullptr);
      ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    stuck += WIFSIGNALED(status) ? 1 : 0;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  report("stuck", stuck);
  return 0;
}

int spawn_true() {
  char name[] = "/bin/true";
  char* const arguments[] = {name, nullptr};
  pid_t pid = -1;
  int status = -1;
  if (::posix_spawn(&pid, name, nullptr, nullptr, arguments, environ) != 0) return 1;
  return ::waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

int vfork_child() {
  const pid_t pid = ::vfork();
  if (pid == 0) ::_exit(3);
  int status = -1;
  return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : 1;
}

int spawn_meanwhile(const char* conninfo, int, char**) {
  std::atomic<bool> stop{false};
  int wrong = 0;
  int runs = 0;
  std::thread other([&] {
    for (; !stop; ++runs)
      wrong += spawn_true() + vfork_child() + (std::system("exit 4") == 4 << 8 ? 0 : 1);
  });
  host::report_connected("first", host::connect(conninfo));
  stop = true;
  other.join();
  report("wrong", wrong);
  report("runs", runs);
  report_children();
  return 0;
}

// Another program in the same process, while a refresh is under way that the old one started.
int exec_meanwhile(const char* conninfo, int, char** argv) {
  host::report_connected("first", host::connect(conninfo));
  ::execl("/proc/self/exe", "children_host", "after", conninfo, argv[0], nullptr);
  return 1;
}

int after_exec(const char* conninfo, int argc, char** argv) {
  host::count_sigchld(SA_RESTART);
  const long until = host::now_ms() + (argc > 0 ? std::atoi(argv[0]) : 0);
  bool seen = false;
  while (host::now_ms() < until) {
    seen = seen || host::visible_child();
    ::usleep(20'000);
  }
  report("seen", seen ? 1 : 0);
  report("sigchld", host::sigchld_count());
  report("zombies", host::zombies());
  host::report_connected("second", host::connect(conninfo));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run(argc, argv,
                   {{"ignored", ignored},
                    {"handled", handled},
                    {"subreaper", subreaper},
                    {"reaped", reaped},
                    {"background", background},
                    {"renewal-then-none", renewal_then_none},
                    {"fork", fork_both},
                    {"fork-meanwhile", fork_meanwhile},
                    {"fork-among-calls", fork_among_calls},
                    {"spawn", spawn_meanwhile},
                    {"exec", exec_meanwhile},
                    {"after", after_exec}});
}
