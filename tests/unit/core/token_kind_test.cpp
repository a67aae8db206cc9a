#include "pglakebase/core/token_kind.hpp"

#include <gtest/gtest.h>

#include <string>

#include "jwt_text.hpp"

namespace pglakebase {
namespace {

using test::jwt;

TEST(TokenKind, APersonalAccessTokenIsTheWorkspaces) {
  for (const char* pat :
       {"dapi0123456789abcdef0123456789abcdef", "dapi0123456789abcdef0123456789abcdef-2"})
    EXPECT_EQ(token_kind(pat), TokenKind::workspace) << pat;
}

// Somebody's native password may begin like that.
TEST(TokenKind, WhatOnlyBeginsLikeOneIsNone) {
  for (const char* other :
       {"", "dapi", "dapi1234", "dapiMySecretPasswordThatIsLongEnough1",
        "xdapi0123456789abcdef0123456789abcdef", "dapi0123456789abcdef0123456789abcde ",
        "DAPI0123456789abcdef0123456789abcdef", "s3cret"})
    EXPECT_EQ(token_kind(other), TokenKind::other) << other;
}

TEST(TokenKind, TheScopeForAllApisMarksAWorkspacesToken) {
  for (const char* claims :
       {R"({"scope":"all-apis"})", R"({"sub":"a","scope":"offline_access all-apis","exp":1})",
        R"({ "scope" : [ "openid", "all-apis" ] })", R"({"scope":["all-apis"],"aud":"1"})",
        "{\"iss\":\"x\",\n \"scope\":\"all-apis openid\"}"})
    EXPECT_EQ(token_kind(jwt(claims)), TokenKind::workspace) << claims;
}

TEST(TokenKind, AnyOtherJwtIsLeftAlone) {
  for (const char* claims :
       {R"({"sub":"a"})", R"({"scope":"postgres iam.current-user:read"})",
        R"({"scope":"not-all-apis"})", R"({"scope":"all-apis.read"})", R"({"scope":7})",
        R"({"scope")", R"({"scope":")", R"({"scope":["x"]})", R"({"sub":"all-apis"})",
        R"({"sub":"x\"scope\":\"all-apis\""})", R"({"scopes":"all-apis"})", "", "{}",
        R"({"scope":"postgres","x":"all-apis"})", R"({"scope":})"})
    EXPECT_EQ(token_kind(jwt(claims)), TokenKind::jwt) << claims;
}

TEST(TokenKind, WhatIsNoBase64IsAJwtOfAnUnknownKind) {
  EXPECT_EQ(token_kind("eyJhIjoxfQ.e y J.sig"), TokenKind::jwt);
  EXPECT_EQ(token_kind("eyJhIjoxfQ." + std::string(20'000, 'A') + ".sig"), TokenKind::jwt);
}

TEST(TokenKind, AJwtHasThreeParts) {
  const std::string whole = jwt(R"({"scope":"all-apis"})");
  const std::string two = whole.substr(0, whole.rfind('.'));
  for (const std::string& text :
       {two, two + ".", whole + ".x", whole + ".", "x" + whole, std::string("eyJ")})
    EXPECT_EQ(token_kind(text), TokenKind::other) << text;
  EXPECT_EQ(token_kind(whole), TokenKind::workspace);
}

}  // namespace
}  // namespace pglakebase
