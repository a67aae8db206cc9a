#include "pglakebase/auth/oidc.hpp"

#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::auth_error;
using test::contains;
using test::FakeHttp;

WorkspaceToken parse(const std::string& body) {
  HttpResponse response;
  response.status = 200;
  response.body = body;
  return parse_token_response(response, 1'000, "https://w");
}

TEST(TokenResponse, IsRead) {
  const WorkspaceToken token = parse(
      R"({"access_token":"t","token_type":"bearer","expires_in":60,"scope":"all-apis","x":[]})");
  EXPECT_EQ(token.token.reveal(), "t");
  EXPECT_EQ(token.issued_ms, 1'000);
  EXPECT_EQ(token.expires_ms, 61'000);
  EXPECT_EQ(parse(R"({"access_token":"t","token_type":"Bearer","expires_in":"60"})").expires_ms,
            61'000);
}

TEST(MomentField, IsANumberOrDigitsOfTheFuture) {
  const auto moment = [](const std::string& value) {
    return moment_field(nlohmann::json::parse(R"({"m":)" + value + "}"), "m", 1'000'000,
                        {"x", "y"});
  };
  EXPECT_EQ(moment("1060"), 1'060'000);
  EXPECT_EQ(moment(R"("1060")"), 1'060'000);
  for (const char* value : {"1000", "999", "-1", "-9223372036854775808", "9223372036854775807",
                            "\"soon\"", "null", "[1060]", "1060.5", "99999999"})
    EXPECT_THROW(moment(value), AuthError) << value;
}

TEST(TokenResponse, IsReadStrictly) {
  for (const char* body :
       {R"({"token_type":"Bearer","expires_in":60})",
        R"({"access_token":null,"token_type":"Bearer","expires_in":60})",
        R"({"access_token":["t"],"token_type":"Bearer","expires_in":60})",
        R"({"access_token":"","token_type":"Bearer","expires_in":60})",
        R"({"access_token":"t","expires_in":60})",
        R"({"access_token":"t","token_type":"mac","expires_in":60})",
        R"({"access_token":"t","token_type":"Bearer"})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":null})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":"soon"})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":1.5})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":0})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":-1})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":1e300})",
        R"({"access_token":"t","token_type":"Bearer","expires_in":99999999999999})"})
    EXPECT_FALSE(auth_error([&] { parse(body); }).permanent()) << body;
}

TEST(Discovery, GivesTheTokenEndpoint) {
  FakeHttp http;
  http.reply("GET", "https://w/d", 200, R"({"token_endpoint":"https://login/t"})");
  EXPECT_EQ(discover_token_endpoint(http, "https://w/d"), "https://login/t");
}

TEST(Discovery, TakesHttpsAlone) {
  FakeHttp http;
  http.reply("GET", "https://w/d", 200, R"({"token_endpoint":"http://login/t"})");
  EXPECT_TRUE(
      contains(auth_error([&] { discover_token_endpoint(http, "https://w/d"); }).what(), "https"));
}

}  // namespace
}  // namespace pglakebase
