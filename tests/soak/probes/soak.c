// Threads that connect, reset and poll again and again:
//   soak CONNINFO SECONDS THREADS PAUSE_MS [CONNECTS]
// Ends after SECONDS, or when each thread has connected CONNECTS times. A line for each attempt, in
// one write, so that nothing is lost when the process is killed; times in milliseconds since 1970:
//   <ok|fail> <how> <begun> <ended> <message>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char* conninfo;
static int64_t end_ms;
static long pause_ms;
static long connects = -1;

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void report(const PGconn* connection, const char* how, int64_t begun) {
  char line[2048];
  const int good = PQstatus(connection) == CONNECTION_OK;
  int size =
      snprintf(line, sizeof line - 1, "%s %s %lld %lld %s", good ? "ok" : "fail", how,
               (long long)begun, (long long)now_ms(), good ? "" : PQerrorMessage(connection));
  if (size < 0) return;
  if (size > (int)sizeof line - 2) size = (int)sizeof line - 2;
  for (int i = 0; i < size; ++i)
    if (line[i] == '\n' || line[i] == '\t') line[i] = ' ';
  line[size++] = '\n';
  if (write(STDOUT_FILENO, line, (size_t)size) != size) exit(3);
}

static PGconn* start_and_poll(void) {
  PGconn* connection = PQconnectStart(conninfo);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  if (PQstatus(connection) == CONNECTION_BAD) return connection;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    struct pollfd waiting = {PQsocket(connection),
                             state == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};
    if (poll(&waiting, 1, 30000) <= 0) return connection;
    state = PQconnectPoll(connection);
  }
  return connection;
}

static void* work(void* number) {
  unsigned seed = (unsigned)(uintptr_t)number * 7919U + (unsigned)getpid();
  PGconn* kept = NULL;
  for (long done = 0; now_ms() < end_ms && (connects < 0 || done < connects); ++done) {
    const unsigned chance = (unsigned)rand_r(&seed) % 10;
    const int64_t begun = now_ms();
    if (kept != NULL && chance < 3) {
      PQreset(kept);
      report(kept, "reset", begun);
    } else {
      PGconn* connection = chance < 6 ? start_and_poll() : PQconnectdb(conninfo);
      report(connection, chance < 6 ? "start" : "connect", begun);
      PQfinish(kept);
      kept = connection;
    }
    if (pause_ms > 0) usleep((useconds_t)(500 * pause_ms + rand_r(&seed) % (1000 * pause_ms)));
  }
  PQfinish(kept);
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t threads[256];
  if (argc < 5 || argc > 6) return 2;
  conninfo = argv[1];
  end_ms = now_ms() + atol(argv[2]) * 1000;
  const int count = atoi(argv[3]);
  pause_ms = atol(argv[4]);
  if (argc == 6) connects = atol(argv[5]);
  if (count < 1 || count > 256) return 2;
  for (int i = 0; i < count; ++i)
    if (pthread_create(&threads[i], NULL, work, (void*)(uintptr_t)(i + 1)) != 0) return 2;
  for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
  return 0;
}
