#include "pglakebase/core/token_kind.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pglakebase {
namespace {

std::string base64url(const std::string& text) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += digits[bits >> (count - 6) & 63];
  }
  if (count > 0) out += digits[bits << (6 - count) & 63];
  return out;
}

std::string jwt(const std::string& claims) {
  return base64url(R"({"kid":"1","alg":"RS256"})") + "." + base64url(claims) + ".c2lnbmF0dXJl";
}

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
