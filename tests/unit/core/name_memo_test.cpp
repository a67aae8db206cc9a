#include "pglakebase/core/name_memo.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "temp_dir.hpp"

namespace pglakebase {
namespace {

std::string name_of(const Cache& cache, std::string_view message) {
  return std::string(remembered_name(cache, message).view());
}

TEST(NameMemo, SaysWhatTheCacheSays) {
  const test::TempDir dir;
  const Cache cache = Cache::open_at(dir / "cache");
  ASSERT_TRUE(cache.valid());
  // More than are remembered, short and too long to be, and each again.
  for (int round = 0; round < 3; ++round)
    for (const std::size_t size : {0U, 1U, 999U, 1000U, 1001U, 5000U, 40U, 41U, 42U}) {
      const std::string message(size, 'm');
      EXPECT_EQ(name_of(cache, message), cache.name(message).view()) << size;
      EXPECT_EQ(name_of(cache, message), cache.name(message).view()) << size;
    }
}

TEST(NameMemo, MessagesOfOneSizeAreToldApart) {
  const test::TempDir dir;
  const Cache cache = Cache::open_at(dir / "cache");
  const std::string one = name_of(cache, "profile=ONE");
  EXPECT_NE(one, name_of(cache, "profile=TWO"));
  EXPECT_EQ(one, name_of(cache, "profile=ONE"));
}

TEST(NameMemo, AnotherKeyGivesAnotherName) {
  const test::TempDir dir;
  const std::string before = name_of(Cache::open_at(dir / "cache"), "message");
  const std::string other = name_of(Cache::open_at(dir / "other"), "message");
  EXPECT_NE(before, other);
  ASSERT_EQ(::unlink((dir / "cache/key").c_str()), 0);
  const Cache renewed = Cache::open_at(dir / "cache");
  EXPECT_NE(name_of(renewed, "message"), before);
  EXPECT_EQ(name_of(renewed, "message"), renewed.name("message").view());
}

TEST(NameMemo, ThreadsGetTheirOwn) {
  const test::TempDir dir;
  const Cache cache = Cache::open_at(dir / "cache");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&cache, thread] {
      for (int i = 0; i < 300; ++i) {
        const std::string message = std::to_string((thread + i) % 7);
        ASSERT_EQ(name_of(cache, message), cache.name(message).view());
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pglakebase
