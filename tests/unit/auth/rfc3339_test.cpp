#include "pglakebase/auth/rfc3339.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(Rfc3339, ReadsTimes) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2027-01-15T08:00:00Z"), 1'800'000'000'000);
  EXPECT_EQ(parse_rfc3339("2027-01-15T08:00:00.5Z"), 1'800'000'000'500);
  EXPECT_EQ(parse_rfc3339("2027-01-15T08:00:00.123456789Z"), 1'800'000'000'123);
  EXPECT_EQ(parse_rfc3339("2027-01-15t08:00:00z"), 1'800'000'000'000);
  EXPECT_EQ(parse_rfc3339("2027-01-15 08:00:00Z"), 1'800'000'000'000);
  EXPECT_EQ(parse_rfc3339("2027-01-15T10:30:00+02:30"), 1'800'000'000'000);
  EXPECT_EQ(parse_rfc3339("2027-01-15T03:00:00-05:00"), 1'800'000'000'000);
  EXPECT_EQ(parse_rfc3339("2028-02-29T00:00:00Z"), 1'835'395'200'000);
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text :
       {"", "1800000000", "2027-01-15", "2027-01-15T08:00:00", "2027-01-15T08:00Z",
        "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-15T24:00:00Z",
        "2027-01-15T08:60:00Z", "2027-01-15T08:00:61Z", "2027-01-15T08:00:00.Z",
        "2027-01-15T08:00:00Zx", "2027-01-15T08:00:00+2:00", "2027-01-15T08:00:00+02:60",
        "+027-01-15T08:00:00Z", "2027-1-15T08:00:00Z", " 2027-01-15T08:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace pglakebase
