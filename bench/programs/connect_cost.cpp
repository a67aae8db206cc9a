// Connects once for every byte on its standard input and tells what that cost this process:
//   connect_cost CONNINFO [may-fail]
// A line for each: wall time and CPU time, in microseconds. Stepped from outside, so that two of
// these, with the library and without, can take turns.
#include <libpq-fe.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace {

double clock_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool may_fail = argc > 2;
  char step = 0;
  while (::read(STDIN_FILENO, &step, 1) == 1) {
    const double wall = clock_us(CLOCK_MONOTONIC);
    const double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    PGconn* connection = PQconnectdb(argv[1]);
    const double cpu_end = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    const double wall_end = clock_us(CLOCK_MONOTONIC);
    if (!may_fail && PQstatus(connection) != CONNECTION_OK) {
      std::fputs(PQerrorMessage(connection), stderr);
      return 1;
    }
    PQfinish(connection);
    std::printf("%.1f %.1f\n", wall_end - wall, cpu_end - cpu);
    std::fflush(stdout);
  }
  return 0;
}
