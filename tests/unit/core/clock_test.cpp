#include "pglakebase/core/clock.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace pglakebase {
namespace {

TEST(Clock, WallClockIsMillisecondsSince1970) {
  using namespace std::chrono;
  const auto expected = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(static_cast<double>(wall_clock_ms()), static_cast<double>(expected), 1000.0);
}

TEST(Clock, SleepLastsAsLongAsAsked) {
  const std::int64_t before = monotonic_ms();
  sleep_ms(30);
  const std::int64_t slept = monotonic_ms() - before;
  EXPECT_GE(slept, 29);
  EXPECT_LT(slept, 5000);
}

TEST(Clock, SleepingNotAtAllOrLessReturns) {
  const std::int64_t before = monotonic_ms();
  sleep_ms(0);
  sleep_ms(-5);
  sleep_ms(-1500);
  EXPECT_LT(monotonic_ms() - before, 1000);
}

}  // namespace
}  // namespace pglakebase
