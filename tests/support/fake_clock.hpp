#pragma once

#include <vector>

#include "pglakebase/net/clock.hpp"

namespace pglakebase::test {

/// Time that stands still until somebody sleeps or a test moves it.
class FakeClock final : public Clock {
 public:
  std::int64_t wall_ms() override { return wall; }
  std::int64_t monotonic_ms() override { return monotonic; }
  std::int64_t since_boot_ms() override { return monotonic; }
  void sleep_ms(std::int64_t milliseconds) override {
    slept.push_back(milliseconds);
    advance(milliseconds);
  }
  unsigned random_permille() override { return random; }

  void advance(std::int64_t milliseconds) {
    wall += milliseconds;
    monotonic += milliseconds;
  }

  std::int64_t wall = 1'800'000'000'000;  // 2027-01-15T08:00:00Z
  std::int64_t monotonic = 1'000'000;
  unsigned random = 0;
  std::vector<std::int64_t> slept;
};

}  // namespace pglakebase::test
