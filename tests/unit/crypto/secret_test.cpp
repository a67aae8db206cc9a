#include "pglakebase/crypto/secret.hpp"

#include <gtest/gtest.h>

#include <new>

namespace pglakebase {
namespace {

TEST(Secret, IsWipedWhenItGoes) {
  // Short enough to stand inside the object, where it can be looked at afterwards.
  alignas(Secret) unsigned char place[sizeof(Secret)];
  auto* secret = new (place) Secret("hunter2");
  EXPECT_EQ(secret->reveal(), "hunter2");
  secret->~Secret();
  const std::string_view left(reinterpret_cast<const char*>(place), sizeof place);
  EXPECT_EQ(left.find("unter2"), std::string_view::npos);
}

TEST(Secret, IsCopied) {
  const Secret first("a");
  Secret second("something longer than that, on the heap");
  second = first;
  EXPECT_EQ(second.reveal(), "a");
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(second.empty());
}

}  // namespace
}  // namespace pglakebase
