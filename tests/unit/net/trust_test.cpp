#include "pglakebase/net/trust.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(Trust, WhatIsSetIsTakenAlone) {
  EXPECT_EQ(choose_trust("/f", "").file, "/f");
  EXPECT_EQ(choose_trust("/f", "").directory, "");
  EXPECT_EQ(choose_trust("", "/d").directory, "/d");
  EXPECT_EQ(choose_trust("", "/d").file, "");
  EXPECT_EQ(choose_trust("/f", "/d").file, "/f");
  EXPECT_EQ(choose_trust("/f", "/d").directory, "/d");
}

TEST(Trust, TheSystemsIsOneOfTheTwo) {
  const Trust trust = choose_trust("", "");
  EXPECT_TRUE(trust.file.empty() || trust.directory.empty());
}

}  // namespace
}  // namespace pglakebase
