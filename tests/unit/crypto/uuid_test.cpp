#include "pglakebase/crypto/uuid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace pglakebase {
namespace {

TEST(Uuid, IsOfVersionFourAndNeverTheSame) {
  const char* form = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = random_uuid();
    EXPECT_THAT(uuid, testing::MatchesRegex(form));
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace pglakebase
