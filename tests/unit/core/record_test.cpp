#include "pglakebase/core/record.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "broken_malloc.hpp"
#include "pglakebase/core/key_value.hpp"

namespace pglakebase {
namespace {

std::string whole() {
  Text out;
  Record::begin(out, "credential");
  append_field(out, "token", "eyJ.a\nb%.c");
  append_field(out, "expires_ms", 123456);
  append_field(out, "empty", "");
  Record::finish(out);
  return std::string(out.view());
}

TEST(Record, ComesBack) {
  Record record;
  ASSERT_TRUE(record.parse(whole(), "credential"));
  EXPECT_EQ(record.get("token"), "eyJ.a\nb%.c");
  EXPECT_EQ(record.number("expires_ms", 7), 123456);
  EXPECT_EQ(record.get("empty"), "");
  EXPECT_EQ(record.get("absent"), "");
  EXPECT_EQ(record.number("absent", 7), 7);
  EXPECT_EQ(record.number("token", 7), 7);
  EXPECT_EQ(record.get("token").data()[record.get("token").size()], '\0');
}

TEST(Record, CutShortAnywhereIsNoRecord) {
  const std::string text = whole();
  Record record;
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(record.parse(text.substr(0, size), "credential")) << size;
}

TEST(Record, AnotherKindOrVersionIsNoRecord) {
  Record record;
  EXPECT_FALSE(record.parse(whole(), "failure"));
  EXPECT_FALSE(record.parse("pglakebase=2\nkind=credential\nend=1\n", "credential"));
  EXPECT_FALSE(record.parse("pglakebase=10\nkind=credential\nend=1\n", "credential"));
  EXPECT_FALSE(record.parse("kind=credential\npglakebase=1\nend=1\n", "credential"));
  EXPECT_TRUE(record.parse("pglakebase=1\nkind=credential\nend=1\n", "credential"));
}

TEST(Record, UnknownKeysAreIgnoredAndTheFirstCounts) {
  Record record;
  ASSERT_TRUE(record.parse(
      "pglakebase=1\nkind=x\nnew_in_version_9=whatever\nnoise\na=first\na=second\nend=1\n", "x"));
  EXPECT_EQ(record.get("a"), "first");
}

TEST(Record, NulIsNoPartOfARecord) {
  Record record;
  EXPECT_FALSE(record.parse("pglakebase=1\nkind=x\na=b%00c\nend=1\n", "x"));
  // Raw ones would shift keys and values against each other.
  for (const std::string_view line :
       {std::string_view("a=b\0c\n", 6), std::string_view("a\0b=c\n", 6),
        std::string_view("a=b\0token\0planted\n", 18), std::string_view("\0\n", 2)}) {
    std::string text = "pglakebase=1\nkind=x\n";
    text.append(line).append("end=1\n");
    EXPECT_FALSE(record.parse(text, "x")) << testing::PrintToString(line);
  }
}

TEST(Record, GoesThroughAllInOrder) {
  Record record;
  ASSERT_TRUE(record.parse(whole(), "credential"));
  std::string keys;
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (record.next(position, key, value)) keys.append(key).append(",");
  EXPECT_EQ(keys, "pglakebase,kind,token,expires_ms,empty,end,");
}

TEST(Record, TooLargeIsNoRecord) {
  const std::string head = "pglakebase=1\nkind=x\na=";
  const std::string tail = "\nend=1\n";
  Record record;
  std::string text = head + std::string(k_record_limit - head.size() - tail.size(), 'v') + tail;
  EXPECT_TRUE(record.parse(text, "x"));
  text = head + std::string(k_record_limit - head.size() - tail.size() + 1, 'v') + tail;
  EXPECT_FALSE(record.parse(text, "x"));
}

TEST(Record, GarbageIsNoRecord) {
  std::mt19937 random(42);
  std::uniform_int_distribution<int> byte(0, 255);
  const std::string good = whole();
  Record record;
  for (int round = 0; round < 2000; ++round) {
    std::string text = good;
    const int changes = 1 + round % 8;
    for (int i = 0; i < changes; ++i)
      text[static_cast<std::size_t>(random()) % text.size()] = static_cast<char>(byte(random));
    if (!record.parse(text, "credential")) continue;
    // What is still read must be consistent: a key without a value would be a shift.
    std::size_t position = 0;
    std::string_view key;
    std::string_view value;
    std::size_t fields = 0;
    while (record.next(position, key, value)) ++fields;
    std::size_t lines = 0;
    std::string_view rest = text;
    for (Field field; next_field(rest, field);) ++lines;
    ASSERT_EQ(fields, lines) << testing::PrintToString(text);
  }
}

TEST(Record, NoMemoryIsNoRecord) {
  const std::string text = whole();
  const test::MallocFailsAfter none(0);
  Record record;
  EXPECT_FALSE(record.parse(text, "credential"));
}

TEST(Record, AParsedRecordDoesNotOutliveTheNext) {
  Record record;
  ASSERT_TRUE(record.parse(whole(), "credential"));
  EXPECT_FALSE(record.parse("nothing", "credential"));
  EXPECT_EQ(record.get("token"), "");
}

}  // namespace
}  // namespace pglakebase
