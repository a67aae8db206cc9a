#include "pglakebase/core/view.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace pglakebase {
namespace {

TEST(View, SliceStaysInside) {
  EXPECT_EQ(slice("abc", 1), "bc");
  EXPECT_EQ(slice("abc", 1, 1), "b");
  EXPECT_EQ(slice("abc", 1, 99), "bc");
  EXPECT_EQ(slice("abc", 3), "");
  EXPECT_EQ(slice("abc", 99, 5), "");
  EXPECT_EQ(slice("abc", 1, std::string_view::npos - 1), "bc");
  EXPECT_EQ(slice("", 0), "");
}

TEST(View, TrimTakesAllBlanksAtBothEnds) {
  EXPECT_EQ(trim(" \t\r\n\v\fa b\f\v\n\r\t "), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(std::string_view("\0 ", 2)), std::string_view("\0", 1));
}

TEST(View, TakeUntilGivesEveryPart) {
  std::string_view rest = "a,,b,";
  std::string_view part;
  ASSERT_TRUE(take_until(rest, ',', part));
  EXPECT_EQ(part, "a");
  ASSERT_TRUE(take_until(rest, ',', part));
  EXPECT_EQ(part, "");
  ASSERT_TRUE(take_until(rest, ',', part));
  EXPECT_EQ(part, "b");
  EXPECT_FALSE(take_until(rest, ',', part));
}

TEST(View, TakeUntilOfAFirstSeparatorGivesAnEmptyPart) {
  std::string_view rest = ",";
  std::string_view part = "old";
  ASSERT_TRUE(take_until(rest, ',', part));
  EXPECT_EQ(part, "");
  EXPECT_TRUE(rest.empty());
}

TEST(View, ComparesAsciiLettersAlone) {
  EXPECT_TRUE(equals_ignoring_case("Ab-9", "aB-9"));
  EXPECT_FALSE(equals_ignoring_case("ab", "abc"));
  // '@' and '`' differ by the bit that tells upper from lower case; so do 0xc4 and 0xe4 (Latin-1).
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("\xc4", "\xe4"));
}

struct NumberCase {
  std::string_view text;
  bool ok;
  std::int64_t value;
};

class Number : public testing::TestWithParam<NumberCase> {};

TEST_P(Number, IsReadStrictly) {
  std::int64_t value = 77;
  EXPECT_EQ(parse_number(GetParam().text, value), GetParam().ok);
  EXPECT_EQ(value, GetParam().ok ? GetParam().value : 77);
}

INSTANTIATE_TEST_SUITE_P(View, Number,
                         testing::Values(NumberCase{"0", true, 0}, NumberCase{"-0", true, 0},
                                         NumberCase{"007", true, 7}, NumberCase{"-12", true, -12},
                                         NumberCase{"999999999999999999", true, 999999999999999999},
                                         NumberCase{"9999999999999999999", false, 0},
                                         NumberCase{"18446744073709551617", false, 0},
                                         NumberCase{"", false, 0}, NumberCase{"-", false, 0},
                                         NumberCase{"+1", false, 0}, NumberCase{" 1", false, 0},
                                         NumberCase{"1 ", false, 0}, NumberCase{"1.5", false, 0},
                                         NumberCase{"0x10", false, 0}, NumberCase{"1e3", false, 0},
                                         NumberCase{"--1", false, 0}));

}  // namespace
}  // namespace pglakebase
