#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/crypto/base64.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::auth_error;
using test::contains;
using test::FakeHttp;
using test::k_token_reply;
using test::k_token_url;

constexpr const char* k_discovery_url = "https://w/oidc/.well-known/oauth-authorization-server";

class M2mTest : public test::SignInTest {
 protected:
  void configure() {
    set("DATABRICKS_CLIENT_ID", "id:1");
    set("DATABRICKS_CLIENT_SECRET", "s/+ 1");
  }
  std::string get() {
    const auto got = source_->get(context());
    return std::get<WorkspaceToken>(got).token.reveal();
  }

  std::unique_ptr<CredentialSource> source_ = make_source_oauth_m2m();
};

TEST_F(M2mTest, NeedsIdAndSecret) {
  EXPECT_TRUE(contains(std::get<NotConfigured>(source_->identify(context())).why, "client_id"));
  set("DATABRICKS_CLIENT_ID", "id");
  EXPECT_TRUE(contains(std::get<NotConfigured>(source_->identify(context())).why, "client_secret"));
  set("DATABRICKS_CLIENT_SECRET", "s");
  const auto principal = std::get<Principal>(source_->identify(context()));
  EXPECT_EQ(principal.id, "id");
  EXPECT_EQ(principal.user, "id");
}

TEST_F(M2mTest, AsksTheTokenEndpointAtOnce) {
  configure();
  http_.reply("POST", k_token_url, 200, k_token_reply);
  EXPECT_EQ(get(), "ws-token");
  ASSERT_EQ(http_.requests.size(), 1U);
  const HttpRequest& request = http_.requests[0];
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=all-apis");
  EXPECT_TRUE(
      FakeHttp::has_header(request, "Authorization: Basic " + base64("id%3A1:s%2F%2B%201")));
  EXPECT_TRUE(FakeHttp::has_header(request, "Content-Type: application/x-www-form-urlencoded"));
}

TEST_F(M2mTest, DiscoversWhereThatPathIsNot) {
  configure();
  http_.reply("POST", k_token_url, 404, "{}");
  http_.reply("GET", k_discovery_url, 200, R"({"token_endpoint":"https://w/other"})");
  http_.reply("POST", "https://w/other", 200, k_token_reply);
  EXPECT_EQ(get(), "ws-token");
}

TEST_F(M2mTest, DiscoversWhereToldTo) {
  configure();
  set("DATABRICKS_DISCOVERY_URL", "https://login/d");
  http_.reply("GET", "https://login/d", 200, R"({"token_endpoint":"https://login/t"})");
  http_.reply("POST", "https://login/t", 200, k_token_reply);
  EXPECT_EQ(get(), "ws-token");
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(M2mTest, AProfilesSecretGoesNowhereElse) {
  dir_.write(".databrickscfg", "[P]\nhost=https://w\nclient_id=id\nclient_secret=s\n");
  request_.home = dir_.path();
  request_.environment.clear();
  direct("profile", "P");
  EXPECT_TRUE(std::holds_alternative<Principal>(source_->identify(context())));
  set("DATABRICKS_DISCOVERY_URL", "https://elsewhere/d");
  EXPECT_THROW(source_->identify(context()), ConfigError);
}

TEST_F(M2mTest, ARefusalIsFinalAndNamesTheSettings) {
  configure();
  http_.reply("POST", k_token_url, 401,
              R"({"error":"invalid_client","error_description":"s/+ 1 is wrong"})");
  const AuthError error = auth_error([&] { get(); });
  EXPECT_TRUE(error.permanent());
  EXPECT_TRUE(contains(error.what(), "HTTP 401 invalid_client from https://w")) << error.what();
  EXPECT_TRUE(contains(error.what(), "DATABRICKS_CLIENT_ID")) << error.what();
  EXPECT_TRUE(contains(error.what(), "DATABRICKS_CLIENT_SECRET")) << error.what();
  EXPECT_FALSE(contains(error.what(), "s/+ 1")) << error.what();
  EXPECT_EQ(http_.requests.size(), 1U);
}

}  // namespace
}  // namespace pglakebase
