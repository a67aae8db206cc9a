// A program that serves many users at once, each with connections of that user's own:
//   many_users CONNINFO TOKENS THREADS ROUNDS
// TOKENS is a file of lines "user token". Each thread serves users in turn: it connects for one,
// blocking or polled, and goes on to the next user before the connection is ready; connections then
// go to a pool, from which every thread takes any, to reset it for whoever it belongs to while the
// thread serves somebody else. Prints how many connections there were, and how many of them were
// somebody else's.
#include <libpq-fe.h>
#include <pglakebase/pglakebase.h>
#include <poll.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

struct User {
  std::string name;
  std::string token;
};

struct Pooled {
  PGconn* connection;
  const User* owner;
};

std::vector<User> g_users;
std::mutex g_mutex;
std::vector<Pooled> g_pool;
std::atomic<int> g_checked{0};
std::atomic<int> g_failed{0};
std::atomic<int> g_wrong{0};

void serve(const User& user) {
  if (pglakebase_set_user_token(user.token.c_str()) != 0) std::abort();
}

bool poll_through(PGconn* connection, PostgresPollingStatusType (*step)(PGconn*)) {
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
    pollfd wanted{PQsocket(connection),
                  static_cast<short>(status == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    poll(&wanted, 1, 5000);
    status = step(connection);
  }
  return status == PGRES_POLLING_OK;
}

void check(const Pooled& pooled) {
  ++g_checked;
  if (PQstatus(pooled.connection) != CONNECTION_OK) {
    ++g_failed;
    std::fprintf(stderr, "%s", PQerrorMessage(pooled.connection));
    return;
  }
  PGresult* result = PQexec(pooled.connection, "select current_user");
  if (PQntuples(result) != 1 || pooled.owner->name != PQgetvalue(result, 0, 0)) ++g_wrong;
  PQclear(result);
}

// `next` is served before the connection is there.
Pooled connect(const char* conninfo, const User& user, const User& next, bool polled) {
  serve(user);
  Pooled made{nullptr, &user};
  if (polled) {
    made.connection = PQconnectStart(conninfo);
    serve(next);
    poll_through(made.connection, PQconnectPoll);
  } else {
    made.connection = PQconnectdb(conninfo);
    serve(next);
  }
  check(made);
  return made;
}

void reset(const Pooled& pooled, bool polled) {
  if (polled) {
    if (PQresetStart(pooled.connection) != 0) poll_through(pooled.connection, PQresetPoll);
  } else {
    PQreset(pooled.connection);
  }
  check(pooled);
}

void work(const char* conninfo, std::size_t number, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const std::size_t at = number + static_cast<std::size_t>(round);
    const User& user = g_users[at % g_users.size()];
    const User& next = g_users[(at + 1) % g_users.size()];
    Pooled pooled = connect(conninfo, user, next, at % 2 == 0);
    {
      const std::lock_guard<std::mutex> lock(g_mutex);
      g_pool.push_back(pooled);
      pooled = g_pool.front();
      g_pool.erase(g_pool.begin());
    }
    serve(next);
    reset(pooled, at % 3 == 0);
    const std::lock_guard<std::mutex> lock(g_mutex);
    g_pool.push_back(pooled);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  std::ifstream file(argv[2]);
  for (User user; file >> user.name >> user.token;) g_users.push_back(user);
  if (g_users.empty()) return 2;
  std::vector<std::thread> threads;
  for (int i = 0; i < std::atoi(argv[3]); ++i)
    threads.emplace_back(work, argv[1], static_cast<std::size_t>(i), std::atoi(argv[4]));
  for (std::thread& thread : threads) thread.join();
  for (const Pooled& pooled : g_pool) PQfinish(pooled.connection);
  std::printf("checked=%d\nfailed=%d\nwrong=%d\n", g_checked.load(), g_failed.load(),
              g_wrong.load());
  return g_failed.load() == 0 && g_wrong.load() == 0 ? 0 : 1;
}
