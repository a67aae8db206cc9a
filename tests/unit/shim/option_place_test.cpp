#include "option_place.hpp"

#include <gtest/gtest.h>

#include <string>

#include "ask.hpp"
#include "env_guard.hpp"
#include "real_libpq.hpp"

namespace pglakebase {
namespace {

// Where a connection keeps its sslrootcert is known once for each libpq, which is told by these:
// each test needs one of its own, and there is room for few.
template <int number>
void finish_of(PGconn* connection) {
  PQfinish(connection);
}
int later_version() {
  return (PQlibVersion() / 10000 + 2) * 10000;
}

class OptionPlaceTest : public testing::Test {
 protected:
  // What libpq says of sslrootcert, with a value in the call or without.
  std::string root(const char* value) {
    const char* const keywords[] = {"host", "user", "sslrootcert", nullptr};
    const char* const values[] = {"h", "u", value, nullptr};
    Arguments arguments(keywords, values);
    const Answer answer(libpq_, arguments, false);
    EXPECT_TRUE(answer.resolved());
    EXPECT_EQ(answer.get("user"), "u");
    if (value == nullptr) find_root_place(libpq_, answer.connection());
    return std::string(answer.get("sslrootcert"));
  }

  // Is that the place? Tried on a connection.
  bool place_is_right() {
    std::size_t offset = 0;
    if (!root_place(libpq_, offset)) return false;
    const char* const keywords[] = {"sslrootcert", "target_session_attrs", nullptr};
    const char* const values[] = {"/old", "stop", nullptr};
    PGconn* connection = PQconnectStartParams(keywords, values, 0);
    const bool written = overwrite_root(connection, offset, "/old", "/new");
    PQconninfoOption* options = PQconninfo(connection);
    const bool told = option_value(options, "sslrootcert") == "/new";
    PQconninfoFree(options);
    PQfinish(connection);
    return written && told;
  }

  test::CleanEnvironment environment_;
  Libpq libpq_ = test::real_libpq();
};

TEST_F(OptionPlaceTest, IsFoundByTheFirstQuestionWhichStillTellsTheValue) {
  libpq_.finish = finish_of<1>;
  environment_.set("PGSSLROOTCERT", "/of/the/environment");
  EXPECT_EQ(root("/ca"), "/ca");
  EXPECT_TRUE(place_is_right());
  EXPECT_EQ(root("/other"), "/other");
  EXPECT_EQ(root(nullptr), "/of/the/environment");
}

// The words of a caller prove nothing, whatever they are.
TEST_F(OptionPlaceTest, ACallersValueIsNotTakenForOurs) {
  libpq_.finish = finish_of<4>;
  libpq_.libVersion = later_version;
  std::size_t offset = 0;
  EXPECT_EQ(root("/pglakebase/a"), "/pglakebase/a");
  EXPECT_FALSE(root_place(libpq_, offset));
}

TEST_F(OptionPlaceTest, WithoutAValueNoneIsTold) {
  libpq_.finish = finish_of<2>;
  EXPECT_EQ(root(nullptr), "");
  EXPECT_TRUE(place_is_right());
}

// As with a libpq that we have never seen.
TEST_F(OptionPlaceTest, WhereItIsElsewhereItIsSearchedFor) {
  libpq_.finish = finish_of<3>;
  libpq_.libVersion = later_version;
  std::size_t offset = 0;
  EXPECT_EQ(root("/ca"), "/ca");
  EXPECT_FALSE(root_place(libpq_, offset));
  EXPECT_EQ(root(nullptr), "");
  EXPECT_TRUE(place_is_right());
}

}  // namespace
}  // namespace pglakebase
