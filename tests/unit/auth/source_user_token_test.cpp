#include "pglakebase/auth/chain.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

class UserTokenTest : public test::SignInTest {
 protected:
  void give(const std::string& token) {
    request_.directives.clear();
    direct("user_token", token);
  }
  std::string principal() { return std::get<Principal>(source_->identify(context())).id; }

  std::unique_ptr<CredentialSource> source_ = make_source_user_token();
};

TEST_F(UserTokenTest, TheTokenIsTheBearerAndItsDigestThePrincipal) {
  give("dapi-one");
  const std::string one = principal();
  EXPECT_FALSE(test::contains(one, "dapi"));
  EXPECT_EQ(one, principal());
  const auto got = source_->get(context());
  EXPECT_EQ(std::get<WorkspaceToken>(got).token.reveal(), "dapi-one");
  // It is kept nowhere.
  EXPECT_EQ(std::get<WorkspaceToken>(got).expires_ms, 0);
  give("dapi-two");
  EXPECT_NE(one, principal());
}

// The same words as the program's own token are another entry all the same.
TEST_F(UserTokenTest, IsNobodyElsesPrincipal) {
  give("dapi-one");
  set("DATABRICKS_TOKEN", "dapi-one");
  EXPECT_NE(principal(), std::get<Principal>(make_source_pat()->identify(context())).id);
}

TEST_F(UserTokenTest, NothingElseIsTriedWhateverIsConfigured) {
  set("DATABRICKS_CLIENT_ID", "app");
  set("DATABRICKS_CLIENT_SECRET", "s3cret");
  set("DATABRICKS_AUTH_TYPE", "oauth-m2m");
  give("dapi-one");
  const SourceContext now = context();
  Chain chain(all_sources(), now);
  const Chain::Candidate* candidate = chain.next();
  ASSERT_NE(candidate, nullptr);
  EXPECT_EQ(candidate->source->name(), "user-token");
  EXPECT_EQ(chain.next(), nullptr);
}

TEST_F(UserTokenTest, IsNoWayToSignInWithoutOne) {
  for (const auto& source : all_sources()) EXPECT_NE(source->name(), "user-token");
}

TEST_F(UserTokenTest, WhatCanBeNoHeaderIsRefusedWithoutShowingIt) {
  give("eyJ\r\nX-Evil: 1");
  try {
    source_->identify(context());
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_FALSE(test::contains(error.what(), "Evil"));
    EXPECT_TRUE(test::contains(error.what(), "the password or the program"));
  }
}

}  // namespace
}  // namespace pglakebase
