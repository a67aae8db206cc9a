#include "ask.hpp"

#include <gtest/gtest.h>

#include "env_guard.hpp"
#include "real_libpq.hpp"

namespace pglakebase {
namespace {

class AskTest : public testing::Test {
 protected:
  bool resolves(const char* keyword, const char* value, bool expand_dbname = true) {
    const char* const keywords[] = {"host", "user", keyword, nullptr};
    const char* const values[] = {"h", "u", value, nullptr};
    Arguments arguments(keywords, values);
    const Answer answer(libpq_, arguments, expand_dbname);
    user_ = answer.get("user");
    password_ = answer.password();
    return answer.resolved();
  }

  test::CleanEnvironment environment_;
  const Libpq libpq_ = test::real_libpq();
  std::string user_;
  std::string password_;
};

TEST_F(AskTest, LibpqResolvesStringAndEnvironment) {
  environment_.set("PGPASSWORD", "from outside");
  EXPECT_TRUE(resolves("dbname", "postgresql://me@h2/db"));
  EXPECT_EQ(user_, "me");
  EXPECT_EQ(password_, "from outside");
}

TEST_F(AskTest, WhereTheCallersWordsAreWrongThereIsNoAnswer) {
  EXPECT_FALSE(resolves("colour", "red"));
  EXPECT_FALSE(resolves("dbname", "host='h"));
}

// libpq's message about it holds the very word that we look for.
TEST_F(AskTest, OurOwnWordInTheCallersMouthIsNoAnswer) {
  EXPECT_FALSE(resolves("dbname", "pglakebase-asks host='h"));
  EXPECT_FALSE(resolves("pglakebase-asks", "x"));
}

}  // namespace
}  // namespace pglakebase
