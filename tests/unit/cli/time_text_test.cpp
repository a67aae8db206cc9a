#include "pglakebase/cli/time_text.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(UtcTime, IsRfc3339) {
  EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(1'709'210'096'999), "2024-02-29T12:34:56Z");
}

TEST(Span, ShowsTwoParts) {
  constexpr std::int64_t minute = 60'000;
  EXPECT_EQ(span(-1), "0 s");
  EXPECT_EQ(span(999), "0 s");
  EXPECT_EQ(span(minute - 1), "59 s");
  EXPECT_EQ(span(minute), "1 min");
  EXPECT_EQ(span(60 * minute - 1), "59 min");
  EXPECT_EQ(span(60 * minute), "1 h");
  EXPECT_EQ(span(125 * minute), "2 h 5 min");
  EXPECT_EQ(span(24 * 60 * minute), "1 d");
  EXPECT_EQ(span((2 * 24 + 3) * 60 * minute + 30 * minute), "2 d 3 h");
}

}  // namespace
}  // namespace pglakebase
