#include "pglakebase/auth/scopes.hpp"

#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

class ScopesTest : public test::SignInTest {};

TEST_F(ScopesTest, AllApisUnlessSet) {
  EXPECT_EQ(scopes(settings_), "all-apis");
  direct("scopes", " postgres , sql,,");
  EXPECT_EQ(scopes(settings_), "postgres sql");
}

}  // namespace
}  // namespace pglakebase
