#include "ask.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "env_guard.hpp"
#include "real_libpq.hpp"

namespace pglakebase {
namespace {

// A libpq that has no memory for a value at its next PQconninfo, and says so as libpq does: not at
// all.
Libpq g_real;
bool g_loses = false;
PQconninfoOption* forgetful_conninfo(PGconn* connection) {
  PQconninfoOption* options = g_real.conninfo(connection);
  errno = ENOMEM;
  if (std::exchange(g_loses, false)) {
    for (PQconninfoOption* option = options; option->keyword != nullptr; ++option)
      if (std::string_view(option->keyword) == "user")
        std::free(std::exchange(option->val, nullptr));
  }
  return options;
}

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
  Libpq libpq_ = test::real_libpq();
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

TEST_F(AskTest, AValueThatLibpqHadNoMemoryForIsNotTakenForNone) {
  g_real = libpq_;
  libpq_.conninfo = forgetful_conninfo;
  g_loses = true;
  EXPECT_FALSE(resolves("port", "5432"));
  // An old error alone is no reason.
  EXPECT_TRUE(resolves("port", "5432"));
  EXPECT_EQ(user_, "u");
}

}  // namespace
}  // namespace pglakebase
