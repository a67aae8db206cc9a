#include <gtest/gtest.h>
#include <pglakebase/pglakebase.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

extern "C" const char* pglakebase_user_token_of_this_thread();

namespace {

const char* now() {
  return pglakebase_user_token_of_this_thread();
}

class UserToken : public testing::Test {
 protected:
  ~UserToken() override { pglakebase_set_user_token(nullptr); }
};

TEST_F(UserToken, IsCopiedReplacedAndTakenBack) {
  EXPECT_EQ(now(), nullptr);
  std::string token = "eyJ.a.b";
  EXPECT_EQ(pglakebase_set_user_token(token.c_str()), 0);
  token = "overwritten";
  EXPECT_STREQ(now(), "eyJ.a.b");
  EXPECT_EQ(pglakebase_set_user_token("dapi1"), 0);
  EXPECT_STREQ(now(), "dapi1");
  EXPECT_EQ(pglakebase_set_user_token(now()), 0);
  EXPECT_STREQ(now(), "dapi1");
  EXPECT_EQ(pglakebase_set_user_token(nullptr), 0);
  EXPECT_EQ(now(), nullptr);
}

// Left as it was, it would be the user before.
TEST_F(UserToken, AfterWhatIsNoneItIsNobodys) {
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\n"),
                                 std::string("\xc3\xa4"), std::string(16 * 1024 + 1, 'x')}) {
    ASSERT_EQ(pglakebase_set_user_token("one"), 0);
    errno = 0;
    EXPECT_EQ(pglakebase_set_user_token(bad.c_str()), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_STREQ(now(), "");
  }
  EXPECT_EQ(pglakebase_set_user_token(std::string(16 * 1024, 'x').c_str()), 0);
}

TEST_F(UserToken, IsTheThreadsOwn) {
  ASSERT_EQ(pglakebase_set_user_token("mine"), 0);
  std::thread other([] {
    EXPECT_EQ(now(), nullptr);
    EXPECT_EQ(pglakebase_set_user_token("theirs"), 0);
    EXPECT_STREQ(now(), "theirs");
  });
  other.join();
  EXPECT_STREQ(now(), "mine");
}

TEST_F(UserToken, GoesAlongWithAFork) {
  ASSERT_EQ(pglakebase_set_user_token("mine"), 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(now() != nullptr && std::string(now()) == "mine" ? 0 : 1);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
