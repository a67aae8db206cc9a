#include "pglakebase/core/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "broken_malloc.hpp"

namespace pglakebase {
namespace {

constexpr std::string_view k_secret = "s3cr3t-token-that-must-not-stay";

TEST(Text, StartsEmptyAndIsNeverNull) {
  const Text text;
  EXPECT_TRUE(text.ok());
  EXPECT_TRUE(text.empty());
  EXPECT_STREQ(text.c_str(), "");
  EXPECT_EQ(text.view(), "");
}

TEST(Text, KeepsAnyBytesAndEndsWithNul) {
  const std::string bytes("a\0b\xff", 4);
  Text text(bytes);
  EXPECT_EQ(text.view(), bytes);
  EXPECT_EQ(text.c_str()[4], '\0');
  for (int i = 0; i < 1000; ++i) {
    text.append_char('x');
    ASSERT_EQ(text.c_str()[text.size()], '\0');
  }
  EXPECT_EQ(text.size(), 1004U);
}

TEST(Text, NumbersOfAllSizes) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{7}, std::int64_t{-1}, std::int64_t{1234567890123},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    Text text;
    text.append_number(number);
    EXPECT_EQ(text.view(), std::to_string(number));
  }
}

TEST(Text, Hexadecimal) {
  const unsigned char bytes[] = {0x00, 0x0f, 0xf0, 0xab};
  Text text;
  text.append_hex(bytes, sizeof bytes);
  EXPECT_EQ(text.view(), "000ff0ab");
}

TEST(Text, MoveLeavesTheOtherEmptyAndUsable) {
  Text first("abc");
  Text second(std::move(first));
  EXPECT_EQ(second.view(), "abc");
  EXPECT_EQ(first.view(), "");  // NOLINT(bugprone-use-after-move)
  first.append("new");
  EXPECT_EQ(first.view(), "new");
  Text third("old");
  third = std::move(second);
  EXPECT_EQ(third.view(), "abc");
}

TEST(Text, ResizeFillsWithZeroAlsoWhereOldBytesStood) {
  Text text("abcdef");
  ASSERT_TRUE(text.resize(2));
  EXPECT_EQ(text.view(), "ab");
  EXPECT_STREQ(text.c_str(), "ab");
  ASSERT_TRUE(text.resize(6));
  EXPECT_EQ(text.view(), std::string_view("ab\0\0\0\0", 6));
}

TEST(Text, ClearWipesAndKeepsTheMemory) {
  Text text(k_secret);
  const char* memory = text.data();
  text.clear();
  EXPECT_TRUE(text.empty());
  for (std::size_t i = 0; i < k_secret.size(); ++i) ASSERT_EQ(memory[i], '\0') << i;
  text.append("x");
  EXPECT_EQ(text.data(), memory);
}

TEST(Text, NothingIsGivenBackUnwiped) {
  const test::FreeWatch watch(k_secret);
  {
    Text text(k_secret);
    for (int i = 0; i < 100; ++i) text.append("growing, so that it moves");
    Text other("x");
    other = std::move(text);
    Text shrunk(k_secret);
    shrunk.resize(1);
    Text released(k_secret);
    released.release();
    EXPECT_EQ(released.view(), "");
    Text assigned(k_secret);
    assigned.assign("y");
  }
  EXPECT_GE(watch.freed(), 6);
  EXPECT_EQ(watch.leaked(), 0);
}

TEST(Text, TheWatchSeesWhatIsNotWiped) {
  const test::FreeWatch watch(k_secret);
  char* block = static_cast<char*>(std::malloc(100));
  std::memcpy(block + 5, k_secret.data(), k_secret.size());
  // Or the compiler leaves the copy out.
  asm volatile("" : : "r"(block) : "memory");
  std::free(block);
  EXPECT_EQ(watch.leaked(), 1);
}

TEST(Text, OutOfMemoryIsRemembered) {
  Text text("kept");
  {
    const test::MallocFailsAfter none(0);
    text.append(std::string(5000, 'x'));
    EXPECT_FALSE(text.ok());
    EXPECT_FALSE(text.resize(6000));
  }
  EXPECT_EQ(text.view(), "kept");
  text.append("!");
  EXPECT_EQ(text.view(), "kept");
  EXPECT_FALSE(text.ok());
  text.clear();
  EXPECT_FALSE(text.ok());
  text.assign("again");
  EXPECT_FALSE(text.ok());
}

TEST(Text, SizesThatCannotBeAreRefused) {
  for (const std::size_t size :
       {std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max() - 1,
        std::numeric_limits<std::size_t>::max() / 2}) {
    Text text("kept");
    EXPECT_FALSE(text.resize(size)) << size;
    EXPECT_EQ(text.view(), "kept");
  }
}

}  // namespace
}  // namespace pglakebase
