#include "credential_swap.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ask.hpp"
#include "real_libpq.hpp"

namespace pglakebase {
namespace {

PGconn* g_living = nullptr;

// A libpq that keeps the password somewhere else, and one that hands out copies.
char* pass_elsewhere(const PGconn* connection) {
  return connection == g_living ? PQuser(connection) : PQpass(connection);
}
char* pass_copied(const PGconn* connection) {
  static char copy[64];
  std::string(PQpass(connection)).copy(copy, sizeof copy - 1);
  return copy;
}

class CredentialSwapTest : public testing::Test {
 protected:
  CredentialSwapTest() {
    const char* const keywords[] = {"host", "user", "password", "options", stop_keyword(libpq_),
                                    nullptr};
    const char* const values[] = {"localhost", "somebody", "old-token",
                                  "-c x.y=1",  "nowhere",  nullptr};
    living_.reset(PQconnectStartParams(keywords, values, 0));
    g_living = living_.get();
  }

  bool swap(const char* user = nullptr, const char* options = nullptr) const {
    return swap_credential(libpq_, living_.get(), "new-token", user, options);
  }
  void expect_as_it_was() const {
    EXPECT_STREQ(PQpass(living_.get()), "old-token");
    EXPECT_STREQ(PQuser(living_.get()), "somebody");
    EXPECT_STREQ(PQoptions(living_.get()), "-c x.y=1");
  }

  Libpq libpq_ = test::real_libpq();
  std::unique_ptr<PGconn, decltype(&::PQfinish)> living_{nullptr, ::PQfinish};
};

TEST_F(CredentialSwapTest, PutsInWhatIsWantedAndNothingElse) {
  ASSERT_TRUE(swap());
  EXPECT_STREQ(PQpass(living_.get()), "new-token");
  EXPECT_STREQ(PQuser(living_.get()), "somebody");
  ASSERT_TRUE(swap("another", "-c x.y=2"));
  EXPECT_STREQ(PQpass(living_.get()), "new-token");
  EXPECT_STREQ(PQuser(living_.get()), "another");
  EXPECT_STREQ(PQoptions(living_.get()), "-c x.y=2");
}

TEST_F(CredentialSwapTest, APasswordThatIsNotFoundIsLeftAlone) {
  libpq_.pass = pass_copied;
  EXPECT_FALSE(swap());
  expect_as_it_was();
}

TEST_F(CredentialSwapTest, APlaceThatIsNotTheDonorsIsNone) {
  libpq_.pass = pass_elsewhere;
  EXPECT_FALSE(swap());
  expect_as_it_was();
}

TEST_F(CredentialSwapTest, OfTwoPlacesNeitherIsSure) {
  auto** words = reinterpret_cast<char**>(living_.get());
  std::size_t empty = 0;
  while (words[empty] != nullptr) ++empty;
  words[empty] = PQpass(living_.get());
  EXPECT_FALSE(swap());
  words[empty] = nullptr;
  expect_as_it_was();
}

}  // namespace
}  // namespace pglakebase
