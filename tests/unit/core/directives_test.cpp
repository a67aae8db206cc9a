#include "pglakebase/core/directives.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(Directives, TheLastOfSeveralCounts) {
  Directives directives;
  EXPECT_TRUE(directives.empty());
  directives.add("profile", "ONE");
  directives.add("ttl", "900s");
  directives.add("profile", "TWO");
  EXPECT_FALSE(directives.empty());
  EXPECT_EQ(directives.get("profile"), "TWO");
  EXPECT_EQ(directives.get("ttl"), "900s");
  EXPECT_EQ(directives.get("pro"), "");
  EXPECT_TRUE(directives.has("ttl"));
  EXPECT_FALSE(directives.has("900s"));
}

TEST(Directives, EmptyValuesAreKept) {
  Directives directives;
  directives.add("a", "");
  directives.add("b", "1");
  EXPECT_TRUE(directives.has("a"));
  EXPECT_EQ(directives.get("a"), "");
  EXPECT_EQ(directives.get("b"), "1");
}

TEST(Directives, GoesThroughAllInOrder) {
  Directives directives;
  directives.add("a", "1");
  directives.add("", "");
  directives.add("b", "2");
  std::string seen;
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (directives.next(position, key, value)) seen.append(key).append("=").append(value) += ';';
  EXPECT_EQ(seen, "a=1;=;b=2;");
}

TEST(Directives, ANulEndsWhatItStandsIn) {
  Directives directives;
  directives.add("profile", std::string_view("A\0workspace\0evil", 16));
  directives.add(std::string_view("b\0c", 3), "2");
  EXPECT_EQ(directives.get("profile"), "A");
  EXPECT_FALSE(directives.has("workspace"));
  EXPECT_EQ(directives.get("b"), "2");
  EXPECT_FALSE(directives.has("c"));
}

TEST(Directives, ClearTakesAll) {
  Directives directives;
  directives.add("a", "1");
  directives.clear();
  EXPECT_TRUE(directives.empty());
  EXPECT_FALSE(directives.has("a"));
}

TEST(Directives, OneThatIsNotWholeIsNone) {
  using namespace std::string_view_literals;
  const DirectiveView view("a\0001\0b\0002"sv);
  EXPECT_EQ(view.get("a"), "1");
  EXPECT_FALSE(view.has("b"));
  EXPECT_FALSE(DirectiveView("a"sv).has("a"));
}

}  // namespace
}  // namespace pglakebase
