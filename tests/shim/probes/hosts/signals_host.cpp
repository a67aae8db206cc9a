// A host with signals, timers, identity changes and cancellation around a connect:
//   signals_host SITUATION CONNINFO ...
#include <grp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "../report.hpp"
#include "host.hpp"

namespace {

volatile sig_atomic_t g_alarms = 0;
sigjmp_buf g_out;

void on_alarm(int) {
  g_alarms = g_alarms + 1;
}

void leave(int) {
  ::siglongjmp(g_out, 1);
}

void every(long milliseconds) {
  const itimerval timer{{0, milliseconds * 1000}, {0, milliseconds * 1000}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

int blocked(const char* conninfo, int, char**) {
  sigset_t all;
  sigset_t before;
  sigset_t after;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  host::report_connected("first", host::connect(conninfo));
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  report("same_mask", std::memcmp(&before, &after, 8) == 0 ? 1 : 0);
  return 0;
}

// Handlers run at once, and the wait goes on behind them.
int handler(const char* conninfo, int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  action.sa_flags = argc > 0 && std::string(argv[0]) == "restart" ? SA_RESTART : 0;
  ::sigaction(SIGALRM, &action, nullptr);
  every(10);
  host::report_connected("first", host::connect(conninfo));
  every(0);
  report("alarms", g_alarms);
  return 0;
}

// All threads take part when one changes the identity: glibc signals each and waits for it.
int identity(const char* conninfo, int, char**) {
  std::atomic<bool> stop{false};
  long longest = 0;
  long changes = 0;
  std::thread other([&] {
    for (; !stop; ++changes) {
      const long started = host::now_ms();
      if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0 || ::setgroups(0, nullptr) != 0)
        report("identity", "refused");
      longest = std::max(longest, host::now_ms() - started);
      ::usleep(2'000);
    }
  });
  host::report_connected("first", host::connect(conninfo));
  stop = true;
  other.join();
  report("longest_ms", longest);
  report("changes", changes);
  return 0;
}

long descriptors() {
  long count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

void* connect_cancelled(void* conninfo) {
  ::pthread_cancel(::pthread_self());
  // Never comes back: libpq itself has places where a cancellation acts.
  host::connect(static_cast<const char*>(conninfo));
  return nullptr;
}

// A cancellation is pending (or comes during the fetch): it acts in libpq, as without us.
int cancelled(const char* conninfo, int argc, char** argv) {
  const bool later = argc > 0 && std::string(argv[0]) == "later";
  const long before = descriptors();
  pthread_t thread;
  const auto body = later ? [](void* text) -> void* {
    host::connect(static_cast<const char*>(text));
    return nullptr;
  }
  : connect_cancelled;
  ::pthread_create(&thread, nullptr, body, const_cast<char*>(conninfo));
  if (later) {
    ::usleep(150'000);
    ::pthread_cancel(thread);
  }
  void* result = nullptr;
  ::pthread_join(thread, &result);
  report("cancelled", result == PTHREAD_CANCELED ? 1 : 0);
  // libpq itself leaves its socket behind.
  report("leaked_fds", descriptors() - before);
  host::report_connected("second", host::connect(conninfo));
  return 0;
}

// A handler leaves the connect for good; the next one on this thread is like any other.
int jump(const char* conninfo, int, char**) {
  ::signal(SIGALRM, leave);
  if (::sigsetjmp(g_out, 1) == 0) {
    every(150);
    host::report_connected("first", host::connect(conninfo));
  }
  every(0);
  host::report_connected("second", host::connect(conninfo));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run(argc, argv,
                   {{"blocked", blocked},
                    {"handler", handler},
                    {"identity", identity},
                    {"cancelled", cancelled},
                    {"jump", jump}});
}
