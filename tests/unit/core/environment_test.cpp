#include "pglakebase/core/environment.hpp"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "child.hpp"
#include "env_guard.hpp"

namespace pglakebase {
namespace {

TEST(Environment, EmptyCountsAsUnset) {
  test::CleanEnvironment environment_guard;
  environment_guard.set("PGLAKEBASE_TEST", "");
  EXPECT_EQ(environment("PGLAKEBASE_TEST"), nullptr);
  environment_guard.set("PGLAKEBASE_TEST", "x");
  EXPECT_STREQ(environment("PGLAKEBASE_TEST"), "x");
  EXPECT_EQ(environment("PGLAKEBASE_ABSENT"), nullptr);
}

TEST(Environment, HomeIsTheVariableIfAbsolute) {
  test::CleanEnvironment environment_guard;
  Text home;
  environment_guard.set("HOME", "/somewhere");
  ASSERT_TRUE(home_directory(home));
  EXPECT_EQ(home.view(), "/somewhere");
  environment_guard.set("HOME", "relative");
  ASSERT_TRUE(home_directory(home));
  EXPECT_EQ(home.view(), ::getpwuid(::geteuid())->pw_dir);
  environment_guard.unset("HOME");
  ASSERT_TRUE(home_directory(home));
  EXPECT_EQ(home.view(), ::getpwuid(::geteuid())->pw_dir);
}

TEST(Environment, UserNameIsThatOfTheEffectiveUser) {
  Text name;
  ASSERT_TRUE(user_name(name));
  EXPECT_EQ(name.view(), ::getpwuid(::geteuid())->pw_name);
}

TEST(Environment, AUserWithoutPasswdEntryHasNeither) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(test::in_child([] {
              ::clearenv();
              if (::setuid(1234567) != 0) return 9;
              Text out("old");
              return (home_directory(out) ? 1 : 0) + (user_name(out) ? 2 : 0) +
                     (out.empty() ? 0 : 4);
            }),
            0);
}

}  // namespace
}  // namespace pglakebase
