#include "login_troubles.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pglakebase {
namespace {

std::string at(const std::string& what) {
  return "connection to server at \"ep-a.database.example\" (127.0.0.1), port 5432 failed: " +
         what + "\n";
}

bool says(std::string_view remedy, std::string_view words) {
  return remedy.find(words) != std::string_view::npos;
}

struct Known {
  std::string message;
  bool native;
  std::string_view says;
};

class LoginTroubles : public testing::TestWithParam<Known> {};
TEST_P(LoginTroubles, HaveARemedy) {
  FailedLogin login;
  const std::string message = at("FATAL:  " + GetParam().message);
  login.message = message;
  login.native = GetParam().native;
  const std::string_view remedy = login_remedy(login);
  EXPECT_TRUE(says(remedy, GetParam().says)) << remedy;
  // What is wrong; what to do.
  EXPECT_TRUE(says(remedy, "; ")) << remedy;
  EXPECT_FALSE(says(remedy, "\n")) << remedy;
}
INSTANTIATE_TEST_SUITE_P(
    Words, LoginTroubles,
    testing::Values(
        Known{"OAuth token identity '12' did not match the security label configured for role "
              "\"app\"",
              false, "another identity"},
        Known{"An oauth token was supplied but no role security label was configured in postgres "
              "for role \"app\"",
              false, "without Databricks' extension"},
        Known{"role \"Orders App\" does not exist", false, "no such role"},
        Known{"role \"app\" is not permitted to log in", false, "LOGIN"},
        Known{"password authentication failed for user \"app\"", false, "databricks_create_role"},
        Known{"password authentication failed for user \"app\"", true, "native_password is not"},
        Known{"Failed to decode token for role \"app\" and native postgres login was either not "
              "attempted due to configuration or failed.",
              false, "knows no such token"},
        Known{"Failed to decode token for role \"app\" and native postgres login was either not "
              "attempted due to configuration or failed.",
              true, "takes tokens and no passwords"},
        Known{"Provided authentication token is not a valid JWT encoding", false,
              "knows no such token"},
        Known{"Provided authentication token is not a valid JWT encoding", true,
              "takes tokens and no passwords"},
        Known{"External authorization failed", false, "IP access list"},
        Known{"External authorization failed", true, "IP access list"},
        Known{"SASL authentication failed", false, "without -pooler"},
        Known{"SASL authentication failed", true, "native_password is not"},
        Known{"Too many connections attempts", false, "without -pooler"},
        Known{"Too many connections attempts", true, "in a minute"},
        Known{"database \"main\" does not exist", false, "databricks_postgres"},
        Known{"permission denied for database \"sales\"\nDETAIL:  User does not have CONNECT "
              "privilege.",
              false, "GRANT CONNECT"},
        Known{"Invalid protocol version. Protocol version: 196608\nDETAIL:  Ensure that connection "
              "is using SSL. Try using sslmode=require in the connection string.",
              false, "not encrypted"}));

// Whatever its language.
TEST(LoginTroublesState, MissingDatabase) {
  FailedLogin login;
  login.message = "FATAL:  Datenbank »main« existiert nicht\n";
  EXPECT_EQ(login_remedy(login), "");
  login.state = "3D000";
  EXPECT_TRUE(says(login_remedy(login), "databricks_postgres"));
}

TEST(LoginTroublesRoles, NoFreshTokenHelps) {
  for (const char* final :
       {"FATAL:  role \"x\" does not exist\n", "FATAL:  role \"x\" is not permitted to log in\n",
        "FATAL:  OAuth token identity '1' did not match the security label configured for role "
        "\"x\"\n",
        "FATAL:  An oauth token was supplied but no role security label was configured in postgres "
        "for role \"x\"\n"})
    EXPECT_NE(role_remedy(final), "") << final;
  for (const char* other :
       {"FATAL:  External authorization failed\n", "FATAL:  database \"x\" does not exist\n",
        "FATAL:  password authentication failed for user \"x\"\n", ""})
    EXPECT_EQ(role_remedy(other), "") << other;
}

TEST(LoginTroublesRoles, AreNotMadeOfTwoLines) {
  EXPECT_EQ(role_remedy("FATAL:  role \"x\" may not\nFATAL:  database \"y\" does not exist\n"), "");
}

TEST(LoginTroublesOthers, HaveNone) {
  for (const char* message : {"", "\n", "FATAL:  sorry, too many clients already\n",
                              "could not translate host name \"x\" to address\n"}) {
    FailedLogin login;
    login.message = message;
    EXPECT_EQ(login_remedy(login), "") << message;
  }
}

}  // namespace
}  // namespace pglakebase
