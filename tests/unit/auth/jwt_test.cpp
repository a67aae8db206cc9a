#include "pglakebase/auth/jwt.hpp"

#include <gtest/gtest.h>

#include <string>

#include "jwt_text.hpp"

namespace pglakebase {
namespace {

TEST(Jwt, SaysItsEnd) {
  EXPECT_EQ(jwt_end_s(test::jwt(R"({"exp":1800003600})")), 1'800'003'600);
  EXPECT_EQ(jwt_end_s(test::jwt(R"({"sub":"a","exp":1800003600.75,"iat":1})")), 1'800'003'600);
}

TEST(Jwt, MayNotSayIt) {
  for (const char* claims :
       {"{}", R"({"exp":"1800003600"})", R"({"exp":null})", R"({"exp":0})", R"({"exp":-5})",
        R"({"exp":1e300})", R"([1800003600])", "not json", "", R"({"exp":1)"})
    EXPECT_EQ(jwt_end_s(test::jwt(claims)), std::nullopt) << claims;
}

TEST(Jwt, WhatIsNoneSaysNothing) {
  for (const char* text : {"", "dapi0123", "a.b", "a..c", "a.!!.c", ".."})
    EXPECT_EQ(jwt_end_s(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pglakebase
