#include "pglakebase/net/clock.hpp"

#include <sys/random.h>

#include "pglakebase/core/clock.hpp"

namespace pglakebase {

std::int64_t SystemClock::wall_ms() {
  return wall_clock_ms();
}

std::int64_t SystemClock::monotonic_ms() {
  return pglakebase::monotonic_ms();
}

std::int64_t SystemClock::since_boot_ms() {
  return pglakebase::since_boot_ms();
}

void SystemClock::sleep_ms(std::int64_t milliseconds) {
  pglakebase::sleep_ms(milliseconds);
}

unsigned SystemClock::random_permille() {
  std::uint16_t random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) return 500;
  return random % 1001U;
}

}  // namespace pglakebase
