#include "pglakebase/auth/database_credential.hpp"

#include <gmock/gmock.h>

#include "jwt_text.hpp"
#include "pglakebase/config/config_error.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;
using test::auth_error;
using test::contains;
using test::k_credentials_url;

constexpr const char* k_instances_url = "https://w/api/2.0/database/credentials";
const Target k_endpoint{Target::Kind::endpoint, "projects/p/branches/b/endpoints/e",
                        "LAKEBASE_ENDPOINT"};
const Target k_instance{Target::Kind::instance, "orders-db", "directive instance"};

class DatabaseCredentialTest : public test::ApiTest {
 protected:
  json sent() const { return json::parse(http_.requests.back().body); }

  AuthError failing(const std::string& body) {
    http_.reply("POST", k_credentials_url, 200, body);
    return auth_error([&] { issue_credential(api(), k_endpoint); });
  }
};

TEST_F(DatabaseCredentialTest, Autoscaling) {
  http_.reply("POST", k_credentials_url, 200,
              R"({"token":"eyJ.a.b","expire_time":"2027-01-15T09:00:00Z"})");
  const Credential credential = issue_credential(api(), k_endpoint);
  EXPECT_EQ(credential.token.view(), "eyJ.a.b");
  EXPECT_EQ(credential.issued_ms, clock_.wall);
  EXPECT_EQ(credential.expires_ms, clock_.wall + 3'600'000);
  EXPECT_EQ(sent(), (json{{"endpoint", k_endpoint.name}}));
}

TEST_F(DatabaseCredentialTest, AutoscalingWithEverything) {
  direct("ttl", "900");
  direct("claims", R"([{"permission_set":"READ_ONLY","resources":[{"table_name":"a.b.c"}]}])");
  http_.reply("POST", k_credentials_url, 200,
              R"({"token":"t","expire_time":"2027-01-15T08:15:00.25Z"})");
  EXPECT_EQ(issue_credential(api(), k_endpoint).expires_ms, clock_.wall + 900'250);
  EXPECT_EQ(sent()["ttl"], "900s");
  EXPECT_EQ(sent()["claims"][0]["resources"][0]["table_name"], "a.b.c");
}

TEST_F(DatabaseCredentialTest, AGroupIsAskedForWhereTheApiKnowsGroups) {
  direct("group", "data engineers");
  http_.reply("POST", k_credentials_url, 200,
              R"({"token":"t","expire_time":"2027-01-15T09:00:00Z"})");
  issue_credential(api(), k_endpoint);
  EXPECT_EQ(sent()["group_name"], "data engineers");
  http_.reply("POST", k_instances_url, 200,
              R"({"token":"t","expiration_time":"2027-01-15T09:00:00Z"})");
  issue_credential(api(), k_instance);
  EXPECT_FALSE(sent().contains("group_name"));
}

// 2027-01-15T08:00:00Z is 1800000000, the fake clock's start.
TEST_F(DatabaseCredentialTest, TheTokensOwnEndCountsIfItIsEarlier) {
  for (const auto& [exp, life_s] : {std::pair{"1800000600", 600}, std::pair{"1800009999", 3600}}) {
    test::FakeHttp fresh;
    std::swap(http_, fresh);
    const std::string token = test::jwt("{\"exp\":" + std::string(exp) + "}");
    http_.reply("POST", k_credentials_url, 200,
                R"({"token":")" + token + R"(","expire_time":"2027-01-15T09:00:00Z"})");
    EXPECT_EQ(issue_credential(api(), k_endpoint).expires_ms, clock_.wall + life_s * 1000);
  }
}

// Whoever holds a user's token that has ended must not get in by what was made from it before.
TEST_F(DatabaseCredentialTest, ItEndsWithTheUsersToken) {
  direct("user_token", test::jwt(R"({"exp":1800000300})"));
  http_.reply("POST", k_credentials_url, 200,
              R"({"token":"t","expire_time":"2027-01-15T09:00:00Z"})");
  EXPECT_EQ(issue_credential(api(), k_endpoint).expires_ms, clock_.wall + 300'000);
}

TEST_F(DatabaseCredentialTest, AUsersTokenThatIsRefusedIsNamed) {
  direct("user_token", "dapi-of-somebody");
  http_.reply("POST", k_credentials_url, 401, "{}");
  const AuthError error = auth_error([&] { issue_credential(api(), k_endpoint); });
  EXPECT_TRUE(contains(error.what(), "the user token (from the password or the program)"))
      << error.what();
  EXPECT_TRUE(error.permanent());
}

TEST_F(DatabaseCredentialTest, Provisioned) {
  http_.reply("POST", k_instances_url, 200,
              R"({"token":"t","expiration_time":"2027-01-15T09:00:00Z"})");
  direct("ttl", "900s");
  EXPECT_EQ(issue_credential(api(), k_instance).expires_ms, clock_.wall + 3'600'000);
  EXPECT_EQ(sent()["instance_names"], json::array({"orders-db"}));
  EXPECT_FALSE(sent().contains("ttl"));
  EXPECT_THAT(
      sent()["request_id"].get<std::string>(),
      testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST_F(DatabaseCredentialTest, SettingsThatCannotBeSentAreRefused) {
  direct("ttl", "1h");
  EXPECT_THROW(issue_credential(api(), k_endpoint), ConfigError);
  request_.directives.clear();
  direct("claims", "{}");
  EXPECT_THROW(issue_credential(api(), k_endpoint), ConfigError);
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(DatabaseCredentialTest, OurClockCounts) {
  HttpResponse response;
  response.status = 200;
  response.body = R"({"token":"t","expire_time":"2027-01-15T10:00:00Z"})";
  response.date_s = clock_.wall / 1000 + 3600;  // the server is an hour ahead
  http_.reply("POST", k_credentials_url, response);
  EXPECT_EQ(issue_credential(api(), k_endpoint).expires_ms, clock_.wall + 3'600'000);
}

TEST_F(DatabaseCredentialTest, AnEndBeyondTheLongestLifeIsNotBelieved) {
  for (const char* end : {"2027-01-15T10:00:00Z", "2037-01-15T08:00:00Z", "9999-12-31T23:59:59Z"}) {
    http_.reply("POST", k_credentials_url, 200,
                std::string(R"({"token":"t","expire_time":")") + end + R"("})");
    EXPECT_EQ(issue_credential(api(), k_endpoint).expires_ms, clock_.wall + 3'600'000) << end;
  }
}

TEST(LocalTime, IsCorrectedWhereClocksDiffer) {
  EXPECT_EQ(local_time_ms(100'000, 0, 50'000), 100'000);
  EXPECT_EQ(local_time_ms(100'000, 49, 50'000), 100'000);
  EXPECT_EQ(local_time_ms(100'000, 20, 50'000), 130'000);
  EXPECT_EQ(local_time_ms(100'000, 80, 50'000), 70'000);
}

TEST_F(DatabaseCredentialTest, WhatHasExpiredIsNone) {
  EXPECT_TRUE(
      contains(failing(R"({"token":"t","expire_time":"2027-01-15T07:59:59Z"})").what(), "expired"));
}

TEST_F(DatabaseCredentialTest, WhatIsNoneIsRefused) {
  for (const char* body :
       {"{}", R"({"token":"t"})", R"({"expire_time":"2027-01-15T09:00:00Z"})",
        R"({"token":null,"expire_time":"2027-01-15T09:00:00Z"})",
        R"({"token":["t"],"expire_time":"2027-01-15T09:00:00Z"})",
        R"({"token":"a b","expire_time":"2027-01-15T09:00:00Z"})",
        R"({"token":"t","expire_time":1800003600})", R"({"token":"t","expire_time":"soon"})",
        R"({"token":"t","expire_time":null})"}) {
    test::FakeHttp fresh;
    std::swap(http_, fresh);
    EXPECT_FALSE(failing(body).permanent()) << body;
  }
}

TEST_F(DatabaseCredentialTest, RefusalsNameTheEndpointAndItsOrigin) {
  http_.reply("POST", k_credentials_url, 404, R"({"error_code":"NOT_FOUND"})");
  const AuthError error = auth_error([&] { issue_credential(api(), k_endpoint); });
  EXPECT_TRUE(contains(error.what(), "HTTP 404 NOT_FOUND from https://w")) << error.what();
  EXPECT_TRUE(contains(error.what(), k_endpoint.name)) << error.what();
  EXPECT_TRUE(contains(error.what(), "LAKEBASE_ENDPOINT")) << error.what();
}

}  // namespace
}  // namespace pglakebase
