#include "pglakebase/net/http.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(OriginOf, KeepsSchemeNameAndPortOnly) {
  EXPECT_EQ(origin_of("https://a.example:8443/path?token=x"), "https://a.example:8443");
  EXPECT_EQ(origin_of("https://a.example"), "https://a.example");
  EXPECT_EQ(origin_of("https://a.example?x"), "https://a.example");
  EXPECT_EQ(origin_of("a.example/secret"), "");
}

}  // namespace
}  // namespace pglakebase
