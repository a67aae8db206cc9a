#include "pglakebase/core/freshness.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace pglakebase {
namespace {

constexpr std::int64_t k_second = 1000;
constexpr std::int64_t k_minute = 60 * k_second;
constexpr std::int64_t k_hour = 60 * k_minute;
constexpr std::int64_t k_issued = 1'700'000'000'000;

Lifetime life(std::int64_t length, std::int64_t refresh_before = 0) {
  return {k_issued, k_issued + length, refresh_before};
}

struct Row {
  const char* what;
  std::int64_t length;
  std::int64_t refresh_before;
  unsigned jitter;
  std::int64_t after_issue;
  Freshness expected;
};

class FreshnessTable : public testing::TestWithParam<Row> {};

TEST_P(FreshnessTable, Holds) {
  const Row& row = GetParam();
  EXPECT_EQ(freshness(life(row.length, row.refresh_before), k_issued + row.after_issue, row.jitter),
            row.expected)
      << row.what;
}

constexpr Row k_rows[] = {
    {"an hour, new", k_hour, 0, 0, 0, Freshness::fresh},
    {"an hour, before the last 20 minutes", k_hour, 0, 0, 40 * k_minute - 1, Freshness::fresh},
    {"an hour, the last 20 minutes", k_hour, 0, 0, 40 * k_minute, Freshness::ageing},
    {"an hour, full jitter starts earlier", k_hour, 0, 1000, 38 * k_minute, Freshness::ageing},
    {"an hour, full jitter, not earlier still", k_hour, 0, 1000, 38 * k_minute - 1,
     Freshness::fresh},
    {"jitter beyond its range is cut", k_hour, 0, 99999, 38 * k_minute - 1, Freshness::fresh},
    {"an hour, just before the last minute", k_hour, 0, 0, 59 * k_minute - 1, Freshness::ageing},
    {"an hour, the last minute", k_hour, 0, 0, 59 * k_minute, Freshness::last_minute},
    {"an hour, last millisecond", k_hour, 0, 0, k_hour - 1, Freshness::last_minute},
    {"an hour, over", k_hour, 0, 0, k_hour, Freshness::expired},
    {"long over", k_hour, 0, 0, 100 * k_hour, Freshness::expired},
    {"five minutes, half its life", 5 * k_minute, 0, 0, 150 * k_second, Freshness::ageing},
    {"five minutes, before that", 5 * k_minute, 0, 0, 150 * k_second - 1, Freshness::fresh},
    {"five minutes, its last tenth", 5 * k_minute, 0, 0, 270 * k_second, Freshness::last_minute},
    {"ten seconds, the last second", 10 * k_second, 0, 0, 9 * k_second, Freshness::last_minute},
    {"ten seconds, before", 10 * k_second, 0, 0, 9 * k_second - 1, Freshness::ageing},
    {"a day: still 20 minutes", 24 * k_hour, 0, 0, 24 * k_hour - 20 * k_minute, Freshness::ageing},
    {"a lead of 30 minutes by directive", k_hour, 30 * k_minute, 0, 30 * k_minute,
     Freshness::ageing},
    {"a lead longer than the life", k_hour, 9 * k_hour, 0, 0, Freshness::ageing},
    {"a lead shorter than the last minute", k_hour, k_second, 0, 59 * k_minute,
     Freshness::last_minute},
    {"the clock a little behind", k_hour, 0, 0, -4 * k_minute, Freshness::fresh},
    {"the clock set back", k_hour, 0, 0, -5 * k_minute - 1, Freshness::expired},
    {"no life at all", 0, 0, 0, 0, Freshness::expired},
    {"ends before it begins", -k_hour, 0, 0, -2 * k_hour, Freshness::expired},
};

INSTANTIATE_TEST_SUITE_P(Freshness, FreshnessTable, testing::ValuesIn(k_rows));

// What the wall clock says stands first, then the age by the clock that nobody sets.
TEST(Freshness, AClockSetBackLengthensNoLife) {
  Lifetime aged = life(k_hour);
  aged.age_ms = 45 * k_minute;
  EXPECT_EQ(freshness(aged, k_issued + 5 * k_minute, 0), Freshness::ageing);
  EXPECT_EQ(aged.reckoned_ms(k_issued + 5 * k_minute), k_issued + 45 * k_minute);
  aged.age_ms = 59 * k_minute;
  EXPECT_EQ(freshness(aged, k_issued - k_minute, 0), Freshness::last_minute);
  aged.age_ms = k_hour;
  EXPECT_EQ(freshness(aged, k_issued, 0), Freshness::expired);
}

TEST(Freshness, AClockThatIsAheadOfTheAgeCounts) {
  Lifetime aged = life(k_hour);
  aged.age_ms = k_minute;
  EXPECT_EQ(freshness(aged, k_issued + 45 * k_minute, 0), Freshness::ageing);
  EXPECT_EQ(aged.reckoned_ms(k_issued + 45 * k_minute), k_issued + 45 * k_minute);
  EXPECT_EQ(freshness(aged, k_issued + k_hour, 0), Freshness::expired);
  EXPECT_EQ(freshness(aged, k_issued - 6 * k_minute, 0), Freshness::expired);
}

TEST(IssuedLater, GoesByTheTimes) {
  EXPECT_TRUE(issued_later(200, 100, 300));
  EXPECT_FALSE(issued_later(100, 200, 300));
  EXPECT_FALSE(issued_later(100, 100, 300));
  EXPECT_TRUE(issued_later(200, 0, 300)) << "nothing before it";
}

TEST(IssuedLater, WhatTheClockHasNotReachedWasBefore) {
  EXPECT_TRUE(issued_later(150, 200, 160)) << "the clock was set back after 200";
  EXPECT_FALSE(issued_later(200, 200, 160)) << "the same";
  EXPECT_FALSE(issued_later(190, 200, 160));
}

TEST(Freshness, GoesOneWayOnly) {
  for (const std::int64_t length : {k_second, 7 * k_second, 5 * k_minute, k_hour, 24 * k_hour})
    for (const unsigned jitter : {0U, 500U, 1000U}) {
      Freshness last = Freshness::fresh;
      for (std::int64_t at = 0; at <= length; at += length / 500) {
        const Freshness now = freshness(life(length), k_issued + at, jitter);
        ASSERT_GE(now, last) << length << " " << at;
        last = now;
      }
      EXPECT_EQ(last, Freshness::expired);
    }
}

TEST(Freshness, WhatEndsBeforeItsIssueIsExpired) {
  EXPECT_EQ(freshness({k_issued, k_issued, 0}, k_issued - 1, 0), Freshness::expired);
  EXPECT_EQ(freshness({k_issued, k_issued - k_second, 0}, k_issued - 2 * k_second, 0),
            Freshness::expired);
}

// Any number may stand in a record.
TEST(Freshness, AbsurdTimesDoNotOverflow) {
  constexpr std::int64_t most = 999'999'999'999'999'999;
  for (const std::int64_t refresh : {std::int64_t{0}, std::int64_t{1}, most}) {
    EXPECT_EQ(freshness({1, most, refresh}, k_issued, 1000),
              refresh == most ? Freshness::ageing : Freshness::fresh);
    EXPECT_EQ(freshness({-most, most, refresh}, most, 1000), Freshness::expired);
    EXPECT_EQ(freshness({most, -most, refresh}, 0, 1000), Freshness::expired);
    EXPECT_EQ(freshness({1, most, refresh, 2 * most}, k_issued, 1000), Freshness::expired);
  }
}

}  // namespace
}  // namespace pglakebase
