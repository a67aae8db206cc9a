#include "pglakebase/auth/discovery.hpp"

#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::auth_error;
using test::contains;

const std::string k_base = "https://w/api/2.0/postgres/";
const Target k_host{Target::Kind::host, "ep-a-b-c1.database.us-east-1.cloud.databricks.com", ""};
const Target k_instance{
    Target::Kind::host,
    "instance-ro-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.database.cloud.databricks.com", ""};
constexpr const char* k_find_url =
    "https://w/api/2.0/database/"
    "instances:findByUid?uid=0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

class DiscoveryTest : public test::ApiTest {
 protected:
  Target find(const Target& host = k_host) { return Discovery(api(), cache_, clock_).find(host); }

  void list(const std::string& path, const std::string& body) {
    http_.reply("GET", k_base + path + "?page_size=100", 200, body);
  }

  void one_endpoint(const std::string& endpoint) {
    list("projects", R"({"projects":[{"name":"projects/p"}]})");
    list("projects/p/branches", R"({"branches":[{"name":"projects/p/branches/b"}]})");
    list("projects/p/branches/b/endpoints", R"({"endpoints":[)" + endpoint + "]}");
  }
};

TEST_F(DiscoveryTest, ByUid) {
  one_endpoint(R"({"name":"projects/p/branches/b/endpoints/e","uid":"ep-a-b-c1"})");
  const Target found = find();
  EXPECT_EQ(found.text(), "endpoint:projects/p/branches/b/endpoints/e");
  EXPECT_TRUE(contains(found.origin, k_host.name));
}

TEST_F(DiscoveryTest, ByAnyOfItsHosts) {
  one_endpoint(R"({"name":"projects/p/branches/b/endpoints/e","uid":"x","status":{"hosts":
      {"host":"other","read_only_host":"EP-a-b-c1.database.us-east-1.cloud.databricks.com"}}})");
  EXPECT_EQ(find().text(), "endpoint:projects/p/branches/b/endpoints/e");
}

TEST_F(DiscoveryTest, OnLaterPagesAndPastWhatMayNotBeSeen) {
  list(
      "projects",
      R"({"projects":[{"name":"projects/hidden"},{"name":"projects/gone"}],"next_page_token":"a b"})");
  http_.reply("GET", k_base + "projects?page_size=100&page_token=a%20b", 200,
              R"({"projects":[{"name":"projects/p"}]})");
  http_.reply("GET", k_base + "projects/hidden/branches?page_size=100", 403, "{}");
  http_.reply("GET", k_base + "projects/gone/branches?page_size=100", 404, "{}");
  list("projects/p/branches", R"({"branches":[{"name":"projects/p/branches/b"}]})");
  list("projects/p/branches/b/endpoints",
       R"({"endpoints":[{"name":"projects/p/branches/b/endpoints/e","uid":"ep-a-b-c1"}]})");
  EXPECT_EQ(find().name, "projects/p/branches/b/endpoints/e");
}

TEST_F(DiscoveryTest, AnEndlessListEnds) {
  list("projects", R"({"projects":[],"next_page_token":"x"})");
  http_.reply("GET", k_base + "projects?page_size=100&page_token=x", 200,
              R"({"projects":[],"next_page_token":"x"})");
  EXPECT_TRUE(auth_error([&] { find(); }).permanent());
  EXPECT_LE(http_.requests.size(), 200U);
}

TEST_F(DiscoveryTest, NothingFoundIsSaidClearly) {
  one_endpoint(R"({"name":"projects/p/branches/b/endpoints/e","uid":"ep-other"})");
  const AuthError error = auth_error([&] { find(); });
  EXPECT_TRUE(error.permanent());
  for (const char* part : {k_host.name.c_str(), "https://w", "list", "LAKEBASE_ENDPOINT"})
    EXPECT_TRUE(contains(error.what(), part)) << error.what();
}

TEST_F(DiscoveryTest, NoRightToListIsSaidClearly) {
  http_.reply("GET", k_base + "projects?page_size=100", 403,
              R"({"error_code":"PERMISSION_DENIED"})");
  const AuthError error = auth_error([&] { find(); });
  EXPECT_TRUE(contains(error.what(), "right to list")) << error.what();
  EXPECT_TRUE(contains(error.what(), "LAKEBASE_ENDPOINT")) << error.what();
}

TEST_F(DiscoveryTest, AnOutageHidesNothing) {
  list("projects", R"({"projects":[{"name":"projects/p"}]})");
  http_.reply("GET", k_base + "projects/p/branches?page_size=100", 503, "{}");
  EXPECT_FALSE(auth_error([&] { find(); }).permanent());
}

TEST_F(DiscoveryTest, WrongTypesAreNoEndpoints) {
  list("projects",
       R"({"projects":[null,1,"x",{"name":7},{"name":"projects/../../x"},{"name":"/etc"},
           {"name":"projects/p?x"},{"name":"projects/p"}],"next_page_token":5})");
  list("projects/p/branches", R"({"branches":{"name":"x"}})");
  EXPECT_THROW(find(), AuthError);
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(DiscoveryTest, AnInstanceByUid) {
  http_.reply("GET", k_find_url, 200, R"({"name":"orders-db","uid":"x"})");
  EXPECT_EQ(find(k_instance).text(), "instance:orders-db");
}

TEST_F(DiscoveryTest, AnUnknownInstance) {
  http_.reply("GET", k_find_url, 404, "{}");
  EXPECT_TRUE(contains(auth_error([&] { find(k_instance); }).what(), "no database of"));
}

TEST_F(DiscoveryTest, IsRememberedForADay) {
  http_.reply("GET", k_find_url, 200, R"({"name":"orders-db"})");
  find(k_instance);
  clock_.advance(23 * 3600 * 1000);
  EXPECT_EQ(find(k_instance).text(), "instance:orders-db");
  EXPECT_EQ(http_.requests.size(), 1U);
  clock_.advance(2 * 3600 * 1000);
  find(k_instance);
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(DiscoveryTest, WhatIsForgottenIsLookedUpAgain) {
  http_.reply("GET", k_find_url, 200, R"({"name":"old"})");
  http_.reply("GET", k_find_url, 200, R"({"name":"new"})");
  Discovery first(api(), cache_, clock_);
  first.find(k_instance);
  EXPECT_FALSE(first.forget(k_instance)) << "what was just found is not from memory";
  Discovery second(api(), cache_, clock_);
  EXPECT_EQ(second.find(k_instance).name, "old");
  EXPECT_TRUE(second.forget(k_instance));
  EXPECT_EQ(second.find(k_instance).name, "new");
  EXPECT_FALSE(second.forget(k_instance));
}

TEST_F(DiscoveryTest, TheNearestProjectComesFirstAndOnce) {
  list("projects/q/branches", R"({"branches":[]})");
  list("projects", R"({"projects":[{"name":"projects/q"},{"name":"projects/p"}]})");
  one_endpoint(R"({"name":"projects/p/branches/b/endpoints/e","uid":"ep-a-b-c1"})");
  const auto found =
      Discovery(api(), cache_, clock_).look(k_host, "projects/q/branches/x/endpoints/y");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "projects/p/branches/b/endpoints/e");
  EXPECT_EQ(http_.requests.front().url, k_base + "projects/q/branches?page_size=100");
  EXPECT_EQ(http_.requests.size(), 4U);
}

TEST_F(DiscoveryTest, ALookThatIsLimitedEnds) {
  one_endpoint(R"({"name":"projects/p/branches/b/endpoints/e","uid":"ep-a-b-c1"})");
  EXPECT_TRUE(contains(auth_error([&] { Discovery(api(), cache_, clock_, 2).look(k_host); }).what(),
                       "too many"));
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(DiscoveryTest, ALookThatFindsNothingSaysNothing) {
  one_endpoint(R"({"name":"projects/p/branches/b/endpoints/e","uid":"ep-other"})");
  EXPECT_FALSE(Discovery(api(), cache_, clock_).look(k_host).has_value());
}

}  // namespace
}  // namespace pglakebase
