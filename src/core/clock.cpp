#include "pglakebase/core/clock.hpp"

#include <ctime>

#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {
namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::int64_t wall_clock_ms() {
  return read_clock(CLOCK_REALTIME);
}

std::int64_t monotonic_ms() {
  return read_clock(CLOCK_MONOTONIC);
}

std::int64_t since_boot_ms() {
  return read_clock(CLOCK_BOOTTIME);
}

std::int64_t boot_id() {
  Text file;
  if (!read_regular_file("/proc/sys/kernel/random/boot_id", 64, file)) return 0;
  std::int64_t id = 0;
  int digits = 0;
  for (const char c : file.view()) {
    if (c == '-') continue;
    if (digits++ == 15) break;
    id = id * 16 + (c >= 'a' ? c - 'a' + 10 : c - '0');
  }
  return id;
}

void sleep_ms(std::int64_t milliseconds) {
  const timespec time{milliseconds / 1000, (milliseconds % 1000) * 1'000'000};
  nanosleep(&time, nullptr);
}

}  // namespace pglakebase
