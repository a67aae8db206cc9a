#include "pglakebase/core/key_value.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace pglakebase {
namespace {

std::string encoded(std::string_view value) {
  Text out;
  append_field(out, "k", value);
  return std::string(out.view());
}

TEST(KeyValue, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(encoded("plain = text"), "k=plain = text\n");
  EXPECT_EQ(encoded("a\nb"), "k=a%0ab\n");
  EXPECT_EQ(encoded("100%"), "k=100%25\n");
  EXPECT_EQ(encoded(std::string_view("\0\x1f\x7f\x80\xff", 5)), "k=%00%1f%7f\x80\xff\n");
  EXPECT_EQ(encoded(""), "k=\n");
}

TEST(KeyValue, AnyBytesComeBack) {
  std::mt19937 random(4711);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> values(static_cast<std::size_t>(round % 5 + 1));
    Text out;
    for (std::string& value : values) {
      value.resize(static_cast<std::size_t>(byte(random)));
      for (char& c : value) c = static_cast<char>(byte(random));
      append_field(out, "key", value);
    }
    std::string_view rest = out.view();
    Field field;
    for (const std::string& value : values) {
      ASSERT_TRUE(next_field(rest, field));
      EXPECT_EQ(field.key, "key");
      Text decoded;
      ASSERT_TRUE(append_decoded(decoded, field.encoded));
      ASSERT_EQ(decoded.view(), value);
    }
    EXPECT_FALSE(next_field(rest, field));
  }
}

TEST(KeyValue, PassesOverLinesWithoutEquals) {
  std::string_view rest = "noise\n\na=1\nmore noise\nb=2=3";
  Field field;
  ASSERT_TRUE(next_field(rest, field));
  EXPECT_EQ(field.key, "a");
  ASSERT_TRUE(next_field(rest, field));
  EXPECT_EQ(field.key, "b");
  EXPECT_EQ(field.encoded, "2=3");
  EXPECT_FALSE(next_field(rest, field));
}

TEST(KeyValue, RefusesBrokenEscapes) {
  for (const char* broken : {"%", "%4", "a%4", "%zz", "%4g", "%g4", "%%41", "abc%"}) {
    Text out;
    EXPECT_FALSE(append_decoded(out, broken)) << broken;
  }
  Text out;
  EXPECT_TRUE(append_decoded(out, "%41%4a%4A"));
  EXPECT_EQ(out.view(), "AJJ");
}

}  // namespace
}  // namespace pglakebase
