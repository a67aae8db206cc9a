#include "stamped_memo.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "pglakebase/core/credential.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

class StampedMemoTest : public testing::Test {
 protected:
  StampedMemoTest() {
    dir_.write("file", "content");
    dir_.age("file");
  }

  void keep(std::string_view key, std::string_view value) const {
    Stamps stamps;
    stamps.add(dir_ / "file");
    stamps.add(dir_.path(), "/absent");
    keep_value(key, stamps, value);
  }

  static std::string recalled(std::string_view key) {
    Text value;
    return recall_value(key, value) ? std::string(value.view()) : "nothing";
  }

  // Keys are the process's, so each test has its own.
  std::string key(std::string_view name) const { return dir_.path() + std::string(name); }

  const test::TempDir dir_;
};

TEST_F(StampedMemoTest, IsUsedFromTheSecondTimeOn) {
  EXPECT_EQ(recalled(key("a")), "nothing");
  keep(key("a"), "one");
  EXPECT_EQ(recalled(key("a")), "nothing");
  keep(key("a"), "two");
  EXPECT_EQ(recalled(key("a")), "two");
  EXPECT_EQ(recalled(key("a") + "b"), "nothing");
  EXPECT_EQ(recalled({}), "nothing");
}

TEST_F(StampedMemoTest, AFileThatChangesEndsIt) {
  for (int i = 0; i < 2; ++i) keep(key("a"), "one");
  dir_.write("file", "other");
  EXPECT_EQ(recalled(key("a")), "nothing");
  // Changed just now, it is not relied on.
  for (int i = 0; i < 2; ++i) keep(key("a"), "two");
  EXPECT_EQ(recalled(key("a")), "nothing");
  dir_.age("file");
  keep(key("a"), "three");
  EXPECT_EQ(recalled(key("a")), "nothing");
  keep(key("a"), "four");
  EXPECT_EQ(recalled(key("a")), "four");
}

TEST_F(StampedMemoTest, AFileThatComesEndsIt) {
  for (int i = 0; i < 2; ++i) keep(key("a"), "one");
  EXPECT_EQ(recalled(key("a")), "one");
  dir_.write("absent", "");
  EXPECT_EQ(recalled(key("a")), "nothing");
}

TEST_F(StampedMemoTest, AFileThatWasReadBeforeCountsAsItWasThen) {
  Text lines;
  append_file_stamp(lines, dir_ / "file");
  const auto keep_with_lines = [&](std::string_view value) {
    for (int i = 0; i < 2; ++i) {
      Stamps stamps;
      stamps.add_lines(lines.view());
      keep_value(key("a"), stamps, value);
    }
  };
  keep_with_lines("one");
  EXPECT_EQ(recalled(key("a")), "one");
  dir_.write("file", "other");
  dir_.age("file");
  EXPECT_EQ(recalled(key("a")), "nothing");
  keep_with_lines("two");
  EXPECT_EQ(recalled(key("a")), "nothing");
}

TEST_F(StampedMemoTest, WhatIsTooLargeIsNotKept) {
  const std::string large(20'000, 'x');
  for (int i = 0; i < 2; ++i) {
    keep(large, "one");
    keep(key("a"), large);
  }
  EXPECT_EQ(recalled(large), "nothing");
  EXPECT_EQ(recalled(key("a")), "nothing");
}

TEST_F(StampedMemoTest, OfAnySize) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string value(size, 'v');
    for (int i = 0; i < 2; ++i) keep(key("s"), value);
    EXPECT_EQ(recalled(key("s")), value);
  }
}

TEST_F(StampedMemoTest, OnlyTheLastFewAreKept) {
  for (int n = 0; n < 20; ++n)
    for (int i = 0; i < 2; ++i) keep(key(std::to_string(n)), std::to_string(n));
  EXPECT_EQ(recalled(key("0")), "nothing");
  EXPECT_EQ(recalled(key("19")), "19");
}

TEST_F(StampedMemoTest, ThreadsAndForksGetTheirOwn) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 500; ++i) {
        const std::string name = std::to_string((thread + i) % 7);
        keep(key(name), name);
        const std::string found = recalled(key(name));
        ASSERT_TRUE(found == name || found == "nothing") << found;
      }
    });
  // A child may have nothing, but it does not hang.
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      keep(key("child"), "child");
      ::_exit(recalled(key("child")) == "other" ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pglakebase
