#include "pglakebase/core/clock.hpp"

#include <ctime>

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

void sleep_ms(std::int64_t milliseconds) {
  const timespec time{milliseconds / 1000, (milliseconds % 1000) * 1'000'000};
  nanosleep(&time, nullptr);
}

}  // namespace pglakebase
