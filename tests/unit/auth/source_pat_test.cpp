#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

class PatTest : public test::SignInTest {
 protected:
  std::string principal() { return std::get<Principal>(source_->identify(context())).id; }

  std::unique_ptr<CredentialSource> source_ = make_source_pat();
};

TEST_F(PatTest, NeedsAToken) {
  EXPECT_EQ(std::get<NotConfigured>(source_->identify(context())).why,
            "no token (DATABRICKS_TOKEN)");
}

TEST_F(PatTest, TheTokenIsTheBearerAndItsDigestThePrincipal) {
  set("DATABRICKS_TOKEN", "dapi-one");
  const std::string one = principal();
  EXPECT_EQ(one.find("dapi"), std::string::npos);
  EXPECT_EQ(one, principal());
  const auto got = source_->get(context());
  EXPECT_EQ(std::get<WorkspaceToken>(got).token.reveal(), "dapi-one");
  EXPECT_EQ(std::get<WorkspaceToken>(got).expires_ms, 0);
  set("DATABRICKS_TOKEN", "dapi-two");
  EXPECT_NE(one, principal());
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(PatTest, WhatCanBeNoHeaderIsRefusedWithoutShowingIt) {
  set("DATABRICKS_TOKEN", "dapi\r\nX-Evil: 1");
  try {
    source_->identify(context());
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_FALSE(test::contains(error.what(), "Evil"));
  }
}

}  // namespace
}  // namespace pglakebase
