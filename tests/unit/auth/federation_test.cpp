#include "pglakebase/auth/federation.hpp"

#include "pglakebase/auth/identity_token.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

std::string token(const std::string& claims) {
  return "h." + base64url(claims) + ".s";
}

TEST(StatedIdentity, IsIssuerAndSubject) {
  const std::string one = stated_identity(token(R"({"iss":"i","sub":"s","exp":1})"));
  EXPECT_EQ(one, stated_identity(token(R"({"exp":2,"sub":"s","iss":"i"})")));
  EXPECT_NE(one, stated_identity(token(R"({"iss":"i","sub":"t","exp":1})")));
  EXPECT_NE(one, stated_identity(token(R"({"iss":"j","sub":"s","exp":1})")));
}

TEST(StatedIdentity, IsTheWholeTokenWhereItSaysNothing) {
  for (const std::string& text :
       {std::string("opaque"), std::string("a.b"), token("[]"), token("{}"),
        token(R"({"iss":"i"})"), token(R"({"iss":1,"sub":2})"), std::string("h.%%.s")})
    EXPECT_EQ(stated_identity(text), text);
}

TEST(IdentityToken, IsTrimmed) {
  EXPECT_EQ(identity_token(" \n abc\t\n", "X"), "abc");
  for (const char* text : {"", " ", "a b", "a\x01", "\xc3\xa4"})
    EXPECT_THROW(identity_token(text, "X"), ConfigError) << text;
}

}  // namespace
}  // namespace pglakebase
