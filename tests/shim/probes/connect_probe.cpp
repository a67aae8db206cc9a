// Connects in any of libpq's ways and reports what came of it:
//   connect_probe [--reset|--reset-start] [--times N] [--quiet-after] WAY ARGUMENT...
// WAY is connectdb or start (one string), params or start-params (expand_dbname, then keyword=value
// or keyword alone for a null value), login (seven arguments). The argument "NULL" is a null.
#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "polling.hpp"
#include "report.hpp"

namespace {

volatile sig_atomic_t g_sigchld = 0;

void count_sigchld(int) {
  g_sigchld = g_sigchld + 1;
}

const char* argument(char** argv, int i) {
  return std::strcmp(argv[i], "NULL") == 0 ? nullptr : argv[i];
}

struct Arrays {
  std::vector<std::string> names;
  std::vector<const char*> keywords;
  std::vector<const char*> values;

  Arrays(char** first, char** last) {
    names.reserve(static_cast<std::size_t>(last - first));
    for (; first != last; ++first) {
      const char* equals = std::strchr(*first, '=');
      names.emplace_back(*first, equals != nullptr ? static_cast<std::size_t>(equals - *first)
                                                   : std::strlen(*first));
      keywords.push_back(names.back().c_str());
      values.push_back(equals != nullptr ? equals + 1 : nullptr);
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
  }
};

PGconn* connect(const std::string& way, int argc, char** argv) {
  if (way == "connectdb") return PQconnectdb(argument(argv, 0));
  if (way == "start") return PQconnectStart(argument(argv, 0));
  if (way == "login" && argc == 7)
    return PQsetdbLogin(argument(argv, 0), argument(argv, 1), argument(argv, 2), argument(argv, 3),
                        argument(argv, 4), argument(argv, 5), argument(argv, 6));
  const Arrays arrays(argv + 1, argv + argc);
  const int expand = std::atoi(argv[0]);
  if (way == "params")
    return PQconnectdbParams(arrays.keywords.data(), arrays.values.data(), expand);
  if (way == "start-params")
    return PQconnectStartParams(arrays.keywords.data(), arrays.values.data(), expand);
  return nullptr;
}

// Beats while the connecting goes on: is the rest of the program held up?
class Heart {
 public:
  Heart() : thread_([this] { beat(); }) {}
  ~Heart() {
    stop_ = true;
    thread_.join();
    report("beats", beats_);
    report("longest_pause_ms", longest_);
  }

 private:
  void beat() {
    auto last = std::chrono::steady_clock::now();
    while (!stop_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const auto now = std::chrono::steady_clock::now();
      const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(now - last).count();
      longest_ = std::max(longest_, static_cast<long>(pause));
      last = now;
      ++beats_;
    }
  }

  std::atomic<bool> stop_{false};
  long beats_ = 0;
  long longest_ = 0;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  bool reset = false;
  bool reset_start = false;
  bool heart = false;
  long times = 1;
  int next = 1;
  for (; next < argc && std::strncmp(argv[next], "--", 2) == 0; ++next) {
    const std::string option = argv[next];
    if (option == "--reset") reset = true;
    if (option == "--reset-start") reset_start = true;
    if (option == "--heart") heart = true;
    if (option == "--times") times = std::atol(argv[++next]);
  }
  if (argc - next < 2) return 2;
  ::signal(SIGCHLD, count_sigchld);
  const std::string way = argv[next++];

  for (long i = 0; i < times; ++i) {
    const auto started = std::chrono::steady_clock::now();
    PGconn* connection = nullptr;
    {
      const auto beating = heart ? std::make_unique<Heart>() : nullptr;
      errno = 0;
      connection = connect(way, argc - next, argv + next);
      report("errno", errno);
    }
    report("connect_ms", std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::steady_clock::now() - started)
                             .count());
    if (connection == nullptr) {
      report("status", "null");
      return 1;
    }
    if (way.compare(0, 5, "start") == 0 && PQstatus(connection) != CONNECTION_BAD)
      poll_until_done(connection, PQconnectPoll);
    if (reset) PQreset(connection);
    if (reset_start) {
      report("reset_start", PQresetStart(connection));
      poll_until_done(connection, PQresetPoll);
    }
    report_connection(connection);
    PQfinish(connection);
  }
  report("sigchld", g_sigchld);
  errno = 0;
  report("children", ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 1);
  return 0;
}
