// Connects in vain and reports what a program sees of that:
//   failure_probe [--once | --revive reset|reset-start | --leave N | --reuse] WAY ARGUMENT...
// WAY as for connect_probe.
#include <dlfcn.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "report.hpp"

namespace {

volatile sig_atomic_t g_sigchld = 0;

void count_sigchld(int) {
  g_sigchld = g_sigchld + 1;
}

using Poll = PostgresPollingStatusType (*)(PGconn*);
using Words = std::vector<std::string>;

const char* word(const Words& words, std::size_t i) {
  return words[i] == "NULL" ? nullptr : words[i].c_str();
}

void poll_until_done(PGconn* connection, Poll function) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    pollfd waiting{PQsocket(connection),
                   static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (::poll(&waiting, 1, 20'000) <= 0) return;
    state = function(connection);
  }
}

PGconn* connect(const Words& words) {
  const std::string& way = words[0];
  PGconn* connection = nullptr;
  if (way == "connectdb") return PQconnectdb(word(words, 1));
  if (way == "login")
    return PQsetdbLogin(word(words, 1), word(words, 2), word(words, 3), word(words, 4),
                        word(words, 5), word(words, 6), word(words, 7));
  if (way == "start") {
    connection = PQconnectStart(word(words, 1));
  } else {
    const std::size_t equals = words[2].find('=');
    const std::string keyword = words[2].substr(0, equals);
    const std::string value = words[2].substr(equals + 1);
    const char* const keywords[] = {keyword.c_str(), nullptr};
    const char* const values[] = {value.c_str(), nullptr};
    if (way == "params") return PQconnectdbParams(keywords, values, 0);
    connection = PQconnectStartParams(keywords, values, 0);
  }
  if (PQstatus(connection) != CONNECTION_BAD) poll_until_done(connection, PQconnectPoll);
  return connection;
}

const char* status(const PGconn* connection) {
  return PQstatus(connection) == CONNECTION_OK ? "ok" : "bad";
}

void reset(PGconn* connection, bool polled) {
  if (!polled) {
    PQreset(connection);
  } else if (PQresetStart(connection) != 0) {
    poll_until_done(connection, PQresetPoll);
  }
}

void report_failure(PGconn* connection) {
  report("status", status(connection));
  report("error", PQerrorMessage(connection));
  report("needs_password", PQconnectionNeedsPassword(connection));
  report("used_password", PQconnectionUsedPassword(connection));
  report("socket", PQsocket(connection));
}

int look(PGconn* connection) {
  report_failure(connection);
  report("polling", PQconnectPoll(connection) == PGRES_POLLING_FAILED ? "failed" : "else");
  PGresult* result = PQexec(connection, "select 1");
  report("exec", PQresultStatus(result) == PGRES_TUPLES_OK ? "ok" : "bad");
  PQclear(result);
  report("error_again", PQerrorMessage(connection));
  for (const bool polled : {false, true}) {
    reset(connection, polled);
    const std::string name = polled ? "reset_start" : "reset";
    report(name + "_status", status(connection));
    report(name + "_error", PQerrorMessage(connection));
  }
  PQfinish(connection);
  return 0;
}

bool is_ours(PGconn* connection) {
  return std::string(PQerrorMessage(connection)).rfind("pglakebase: no token", 0) == 0;
}

// As daemons do: the same connection again and again, until it is connected or libpq says why not.
int revive(PGconn* connection, bool polled) {
  report("first_status", status(connection));
  report("first_error", PQerrorMessage(connection));
  for (int i = 0; i < 100 && PQstatus(connection) == CONNECTION_BAD && is_ours(connection); ++i) {
    ::usleep(200'000);
    reset(connection, polled);
  }
  report_connection(connection);
  PQfinish(connection);
  errno = 0;
  report("sigchld", g_sigchld);
  report("visible_child", ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 1);
  return 0;
}

// Nothing is ever finished, and every message must last.
int leave(const Words& words, int count) {
  std::vector<PGconn*> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) all.push_back(connect(words));
  int right = 0;
  for (PGconn* connection : all) right += is_ours(connection) ? 1 : 0;
  report("right", right);
  return 0;
}

// Finished where the library does not see it, as another copy of libpq would.
int reuse(const Words& words) {
  void* libpq = ::dlopen("libpq.so.5", RTLD_LAZY | RTLD_NOLOAD);
  const auto finish = reinterpret_cast<decltype(&PQfinish)>(::dlsym(libpq, "PQfinish"));
  const auto start = reinterpret_cast<decltype(&PQconnectStart)>(::dlsym(libpq, "PQconnectStart"));
  int reused = 0;
  int stale = 0;
  for (int i = 0; i < 5; ++i) {
    PGconn* first = connect(words);
    finish(first);
    // One of several gets its memory.
    std::vector<PGconn*> others;
    for (int n = 0; n < 20; ++n) {
      others.push_back(start("host=127.0.0.1 port=1 user=x sslmode=nonsense"));
      reused += others.back() == first ? 1 : 0;
      stale += is_ours(others.back()) ? 1 : 0;
    }
    for (PGconn* other : others) finish(other);
  }
  report("reused", reused);
  report("stale", stale);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 2) return 2;
  std::string mode;
  std::string of_mode;
  if (words[0].rfind("--", 0) == 0) {
    mode = words[0];
    const int taken = mode == "--revive" || mode == "--leave" ? 2 : 1;
    if (taken == 2) of_mode = words[1];
    words.erase(words.begin(), words.begin() + taken);
  }
  ::signal(SIGCHLD, count_sigchld);
  if (mode == "--leave") return leave(words, std::atoi(of_mode.c_str()));
  if (mode == "--reuse") return reuse(words);
  const auto started = std::chrono::steady_clock::now();
  PGconn* connection = connect(words);
  report("connect_ms", std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - started)
                           .count());
  if (mode == "--revive") return revive(connection, of_mode == "reset-start");
  if (mode == "--once") {
    report_failure(connection);
    PQfinish(connection);
    return 0;
  }
  return look(connection);
}
