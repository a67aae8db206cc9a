#include "pglakebase/auth/reply.hpp"

#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::auth_error;
using test::contains;
using test::FakeHttp;

const Call k_call{"a thing", "https://w"};

HttpResponse response(int status, const std::string& body,
                      const std::string& type = "application/json") {
  HttpResponse made;
  made.status = status;
  made.body = body;
  made.content_type = type;
  return made;
}

AuthError failing(FakeHttp::Reply reply) {
  FakeHttp http;
  http.reply("GET", "https://w/x", std::move(reply));
  HttpRequest request;
  request.url = "https://w/x";
  return auth_error(
      [&] { send_expecting_success(http, request, k_call, [](int) { return "do this"; }); });
}

TEST(Reply, StatusDecidesWhatIsPermanent) {
  for (const int status : {400, 401, 403, 404, 405, 409}) {
    const AuthError error = failing(response(status, "{}"));
    EXPECT_TRUE(error.permanent()) << status;
    EXPECT_EQ(error.hold_ms(), AuthError::k_permanent_hold_ms) << status;
    EXPECT_EQ(error.status(), status);
    EXPECT_TRUE(contains(error.what(), "HTTP " + std::to_string(status))) << error.what();
    EXPECT_TRUE(contains(error.what(), "https://w")) << error.what();
    EXPECT_TRUE(contains(error.what(), "do this")) << error.what();
  }
  for (const int status : {408, 500, 502, 503, 504}) {
    const AuthError error = failing(response(status, "{}"));
    EXPECT_FALSE(error.permanent()) << status;
    EXPECT_EQ(error.hold_ms(), AuthError::k_outage_hold_ms) << status;
  }
  EXPECT_TRUE(contains(failing(response(302, "")).what(), "redirect"));
  EXPECT_TRUE(failing(response(302, "")).permanent());
}

TEST(Reply, LimitsHoldAsLongAsAsked) {
  HttpResponse limited = response(429, "{}");
  EXPECT_EQ(failing(limited).hold_ms(), AuthError::k_outage_hold_ms);
  EXPECT_FALSE(failing(limited).permanent());
  limited.retry_after = "42";
  EXPECT_EQ(failing(limited).hold_ms(), 42'000);
  EXPECT_TRUE(contains(failing(limited).what(), "in 42 s"));
  limited.retry_after = "Fri, 15 Jan 2027 08:00:07 GMT";
  limited.date_s = 1'800'000'000;
  EXPECT_EQ(failing(limited).hold_ms(), 7'000);
}

TEST(Reply, TransportErrorsByTheirKind) {
  using Kind = HttpError::Kind;
  EXPECT_EQ(failing(HttpError(Kind::unreachable, "why")).hold_ms(),
            AuthError::k_unreachable_hold_ms);
  EXPECT_FALSE(failing(HttpError(Kind::unreachable, "why")).permanent());
  EXPECT_FALSE(failing(HttpError(Kind::timed_out, "why")).permanent());
  EXPECT_TRUE(failing(HttpError(Kind::untrusted, "why")).permanent());
  EXPECT_TRUE(failing(HttpError(Kind::setup, "why")).permanent());
  EXPECT_TRUE(contains(failing(HttpError(Kind::reset, "why it broke")).what(), "why it broke"));
}

TEST(Reply, OnlyWhatLooksLikeACodeIsShown) {
  EXPECT_EQ(error_code(R"({"error_code":"PERMISSION_DENIED","message":"dapi123"})"),
            "PERMISSION_DENIED");
  EXPECT_EQ(error_code(R"({"error":"invalid_client","error_description":"secret"})"),
            "invalid_client");
  EXPECT_EQ(error_code(R"({"errorCode":"SOME"})"), "SOME");
  EXPECT_EQ(error_code(R"({"error_code":500,"error":"server_error"})"), "server_error");
  for (const char* body :
       {R"({"error_code":"dapi0123456789abcdef"})", R"({"error":"eyJhbGciOi.J9.x"})",
        R"({"error":"two words"})", R"({"error":"Mixed"})", R"({"error":""})", R"({"error":{}})",
        R"(["error"])", "error", "", "null"})
    EXPECT_EQ(error_code(body), "") << body;
  EXPECT_EQ(error_code("{\"error\":\"" + std::string(65, 'a') + "\"}"), "");
}

TEST(Reply, NoBodyStandsInASentence) {
  const AuthError error =
      failing(response(403, R"({"error_code":"DENIED","message":"the-message"})"));
  EXPECT_TRUE(contains(error.what(), "HTTP 403 DENIED")) << error.what();
  EXPECT_FALSE(contains(error.what(), "the-message")) << error.what();
}

TEST(Reply, TakesObjectsAlone) {
  EXPECT_EQ(json_object(response(200, R"({"a":1})"), k_call)["a"], 1);
  for (const std::string body : {"", "null", "[]", "1", "\"x\"", "{", "{\"a\":1}x", "\x00\xff",
                                 "{'a':1}", "{\"a\":NaN}", "{\"a\":\"\xff\"}", "<html></html>"})
    EXPECT_FALSE(auth_error([&] { json_object(response(200, body), k_call); }).permanent()) << body;
}

TEST(Reply, KnowsALoginPage) {
  const AuthError error = auth_error(
      [] { json_object(response(200, "<html>login</html>", "text/html; charset=utf-8"), k_call); });
  EXPECT_TRUE(contains(error.what(), "web page")) << error.what();
  EXPECT_TRUE(contains(error.what(), "workspace_id")) << error.what();
  EXPECT_TRUE(error.permanent());
}

TEST(Reply, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    std::string body = "{\"a\":";
    for (std::size_t i = 0; i < depth; ++i) body += '[';
    for (std::size_t i = 0; i < depth; ++i) body += ']';
    return body + "}";
  };
  EXPECT_NO_THROW(json_object(response(200, nested(20)), k_call));
  EXPECT_THROW(json_object(response(200, nested(40)), k_call), AuthError);
  EXPECT_THROW(json_object(response(200, nested(500'000)), k_call), AuthError);
  EXPECT_THROW(json_object(response(200, std::string(1'000'000, '[')), k_call), AuthError);
  EXPECT_EQ(error_code(nested(500'000)), "");
}

TEST(Reply, FieldsAreOfTheirType) {
  const nlohmann::json object = {{"text", "v"}, {"number", 1}, {"none", nullptr}, {"list", {"v"}}};
  EXPECT_EQ(string_field(object, "text", k_call), "v");
  for (const char* name : {"number", "none", "list", "absent"})
    EXPECT_THROW(string_field(object, name, k_call), AuthError) << name;
}

TEST(Reply, TokensAreTokens) {
  const auto token = [](const std::string& value) {
    return token_field(nlohmann::json{{"token", value}}, "token", k_call);
  };
  EXPECT_EQ(token("eyJ.a-b_c.d="), "eyJ.a-b_c.d=");
  EXPECT_EQ(token(std::string(16 * 1024, 'x')).size(), 16U * 1024);
  for (const std::string& value :
       {std::string(), std::string(16 * 1024 + 1, 'x'), std::string("a b"), std::string("a\nb"),
        std::string("a\0b", 3), std::string("a\x7f"), std::string("\xc3\xa9")})
    EXPECT_THROW(token(value), AuthError);
}

}  // namespace
}  // namespace pglakebase
