#include "pglakebase/auth/workspace_tokens.hpp"

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

class WorkspaceTokensTest : public test::SignInTest {
 protected:
  // As another run of the helper would.
  std::string get(const std::string& principal = "someone") {
    const SourceContext context = this->context();
    WorkspaceTokens tokens(context, source_, {principal, ""}, monotonic_ms() + 100);
    return tokens.get().token.reveal();
  }

  test::FakeSource source_;
};

TEST_F(WorkspaceTokensTest, OneServesAllRuns) {
  EXPECT_EQ(get(), "token-1");
  EXPECT_EQ(get(), "token-1");
  EXPECT_EQ(source_.gets, 1);
}

TEST_F(WorkspaceTokensTest, IsUsedUntilItsLastMinute) {
  get();
  clock_.advance(3'600'000 - 61'000);
  EXPECT_EQ(get(), "token-1");
  clock_.advance(2'000);
  EXPECT_EQ(get(), "token-2");
}

TEST_F(WorkspaceTokensTest, BelongsToPrincipalWorkspaceAndScopes) {
  get();
  EXPECT_EQ(get("other"), "token-2");
  set("DATABRICKS_HOST", "https://v");
  EXPECT_EQ(get(), "token-3");
  direct("scopes", "postgres");
  EXPECT_EQ(get(), "token-4");
}

TEST_F(WorkspaceTokensTest, OneThatNeverEndsIsNotKept) {
  source_.life_ms = 0;
  EXPECT_EQ(get(), "token-1");
  EXPECT_EQ(get(), "token-2");
}

TEST_F(WorkspaceTokensTest, RefusedOnesAreReplacedOnce) {
  get();
  const SourceContext context = this->context();
  WorkspaceTokens tokens(context, source_, {"someone", ""}, monotonic_ms() + 100);
  EXPECT_EQ(tokens.get().token.reveal(), "token-1");
  EXPECT_TRUE(tokens.renew());
  EXPECT_EQ(tokens.get().token.reveal(), "token-2");
  EXPECT_FALSE(tokens.renew());
  EXPECT_EQ(get(), "token-2");
}

TEST_F(WorkspaceTokensTest, OneThatAnotherRunRenewedIsNotReplacedAgain) {
  get();
  const SourceContext context = this->context();
  WorkspaceTokens first(context, source_, {"someone", ""}, monotonic_ms() + 100);
  WorkspaceTokens second(context, source_, {"someone", ""}, monotonic_ms() + 100);
  first.get();
  second.get();
  EXPECT_TRUE(first.renew());
  EXPECT_EQ(first.get().token.reveal(), "token-2");
  EXPECT_TRUE(second.renew());
  EXPECT_EQ(second.get().token.reveal(), "token-2");
  EXPECT_FALSE(second.renew());
  EXPECT_EQ(source_.gets, 2);
}

TEST_F(WorkspaceTokensTest, ANewOneThatIsRefusedIsNotReplaced) {
  const SourceContext context = this->context();
  WorkspaceTokens tokens(context, source_, {"someone", ""}, monotonic_ms() + 100);
  tokens.get();
  EXPECT_FALSE(tokens.renew());
}

TEST_F(WorkspaceTokensTest, ASourceMayDecline) {
  source_.declines = "no login";
  EXPECT_THROW(get(), SourceDeclined);
}

TEST_F(WorkspaceTokensTest, WorksWithoutACache) {
  cache_ = Cache();
  EXPECT_EQ(get(), "token-1");
  EXPECT_EQ(get(), "token-2");
}

}  // namespace
}  // namespace pglakebase
