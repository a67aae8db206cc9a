#include "pglakebase/cli/preload_list.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

constexpr const char* k_ours = "/opt/libpglakebase.so";

TEST(PreloadList, AddsAtTheEnd) {
  EXPECT_EQ(with_library("", k_ours), k_ours);
  EXPECT_EQ(with_library("/a.so", k_ours), "/a.so:/opt/libpglakebase.so");
  EXPECT_EQ(with_library("/a.so /b.so", k_ours), "/a.so /b.so:/opt/libpglakebase.so");
}

TEST(PreloadList, KeepsAListThatHasIt) {
  for (const char* list : {"/opt/libpglakebase.so", "/opt/libpglakebase.so:/a.so",
                           "/a.so /opt/libpglakebase.so", ":/a.so: /opt/libpglakebase.so "})
    EXPECT_EQ(with_library(list, k_ours), list);
}

TEST(PreloadList, DoesNotTakeAnotherNameForIt) {
  EXPECT_EQ(with_library("/opt/libpglakebase.so.1", k_ours),
            "/opt/libpglakebase.so.1:/opt/libpglakebase.so");
}

TEST(PreloadList, KnowsTheFileByAnotherPath) {
  EXPECT_EQ(with_library("/proc/self/../self/exe", "/proc/self/exe"), "/proc/self/../self/exe");
  EXPECT_EQ(without_library("/a.so:/proc/self/../self/exe", "/proc/self/exe"), "/a.so");
}

TEST(PreloadList, TakesItOut) {
  EXPECT_EQ(without_library("", k_ours), "");
  EXPECT_EQ(without_library(k_ours, k_ours), "");
  EXPECT_EQ(without_library("/a.so  /opt/libpglakebase.so:/b.so", k_ours), "/a.so:/b.so");
  EXPECT_EQ(without_library("/a.so", k_ours), "/a.so");
}

}  // namespace
}  // namespace pglakebase
