#include "pglakebase/core/switches.hpp"

#include <gtest/gtest.h>

#include "env_guard.hpp"

namespace pglakebase {
namespace {

bool off(const char* own, const char* other) {
  test::CleanEnvironment environment;
  if (own != nullptr) environment.set("PGLAKEBASE", own);
  if (other != nullptr) environment.set("USE_LAKEBASE", other);
  return switched_off();
}

TEST(SwitchedOff, ByOurVariable) {
  EXPECT_FALSE(off(nullptr, nullptr));
  for (const char* value : {"off", "OFF", "0", "no"}) EXPECT_TRUE(off(value, nullptr)) << value;
  for (const char* value : {"", "on", "1", "yes"}) EXPECT_FALSE(off(value, nullptr)) << value;
}

TEST(SwitchedOff, ByTheTemplatesVariable) {
  for (const char* value : {"false", "0", "anything"}) EXPECT_TRUE(off(nullptr, value)) << value;
  for (const char* value : {"", "true", "True"}) EXPECT_FALSE(off(nullptr, value)) << value;
  EXPECT_TRUE(off("on", "false"));
}

}  // namespace
}  // namespace pglakebase
