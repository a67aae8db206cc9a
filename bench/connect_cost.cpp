// Connects again and again and tells what each time cost this process:
//   connect_cost TIMES CONNINFO
// A line for each: wall time and CPU time, in microseconds.
#include <libpq-fe.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

double clock_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (int left = std::atoi(argv[1]); left > 0; --left) {
    const double wall = clock_us(CLOCK_MONOTONIC);
    const double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    PGconn* connection = PQconnectdb(argv[2]);
    const double cpu_end = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    const double wall_end = clock_us(CLOCK_MONOTONIC);
    if (PQstatus(connection) != CONNECTION_OK) {
      std::fputs(PQerrorMessage(connection), stderr);
      return 1;
    }
    std::printf("%.1f %.1f\n", wall_end - wall, cpu_end - cpu);
    PQfinish(connection);
  }
  return 0;
}
