#include "pglakebase/core/host_check.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(HostCheckTest, WhatIsWrittenIsRead) {
  HostCheck check;
  check.sentence.assign("the host a is another's");
  check.hosts.assign("a\nb\n");
  check.at_ms = 1000;
  check.done = true;
  Text record;
  check.append_record(record);
  HostCheck read;
  ASSERT_TRUE(read.parse(record.view()));
  EXPECT_EQ(read.sentence.view(), check.sentence.view());
  EXPECT_EQ(read.hosts.view(), "a\nb\n");
  EXPECT_EQ(read.at_ms, 1000);
  EXPECT_TRUE(read.done);
}

TEST(HostCheckTest, ANoteHasNoSentence) {
  HostCheck check;
  check.at_ms = 1000;
  Text record;
  check.append_record(record);
  HostCheck read;
  ASSERT_TRUE(read.parse(record.view()));
  EXPECT_TRUE(read.sentence.empty() && read.hosts.empty() && !read.done);
}

TEST(HostCheckTest, AnotherKindOrNoTimeIsNone) {
  HostCheck read;
  EXPECT_FALSE(read.parse("pglakebase=1\nkind=failure\nat_ms=1\nend=1\n"));
  EXPECT_FALSE(read.parse("pglakebase=1\nkind=hosts\nend=1\n"));
  EXPECT_FALSE(read.parse(""));
}

TEST(HostCheckTest, ItStandsForAMinuteAndNeverFromTheFuture) {
  HostCheck check;
  check.at_ms = 100'000;
  EXPECT_FALSE(check.stands_at(99'999));
  EXPECT_TRUE(check.stands_at(100'000));
  EXPECT_TRUE(check.stands_at(159'999));
  EXPECT_FALSE(check.stands_at(160'000));
}

}  // namespace
}  // namespace pglakebase
