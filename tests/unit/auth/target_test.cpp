#include "pglakebase/auth/target.hpp"

#include "pglakebase/config/config_error.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_endpoint = "projects/p/branches/b/endpoints/e";
constexpr const char* k_ep = "ep-a-b-c1.database.us-east-1.cloud.databricks.com";
constexpr const char* k_instance =
    "instance-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.database.cloud.databricks.com";

struct Case {
  const char* host;
  const char* endpoint_directive;
  const char* instance_directive;
  const char* endpoint_variable;
  const char* instance_variable;
  const char* expected;
};

class TargetTest : public test::SignInTest, public testing::WithParamInterface<Case> {
 protected:
  std::string choose() { return choose_target(settings_, request_).text(); }
};

const std::string k_host = std::string("host:") + k_ep;

INSTANTIATE_TEST_SUITE_P(
    Choice, TargetTest,
    testing::Values(
        Case{k_ep, "", "", "", "", k_host.c_str()},
        Case{k_ep, k_endpoint, "", "", "", "endpoint:projects/p/branches/b/endpoints/e"},
        Case{k_ep, "", "", k_endpoint, "", "endpoint:projects/p/branches/b/endpoints/e"},
        Case{k_ep, "", "i", "", "", "instance:i"}, Case{k_ep, "", "", "", "i", "instance:i"},
        Case{k_ep, "", "", k_endpoint, "i", "endpoint:projects/p/branches/b/endpoints/e"},
        Case{k_ep, "", "i", k_endpoint, "", "instance:i"},
        Case{k_ep, k_endpoint, "", "", "i", "endpoint:projects/p/branches/b/endpoints/e"},
        Case{k_instance, "", "", k_endpoint, "i", "instance:i"},
        Case{k_instance, "", "", k_endpoint, "",
             "host:instance-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.database.cloud.databricks.com"},
        Case{k_instance, k_endpoint, "", "", "i", "endpoint:projects/p/branches/b/endpoints/e"},
        Case{"db.internal", k_endpoint, "", "", "", "endpoint:projects/p/branches/b/endpoints/e"},
        Case{"db.internal", "", "", "", "i", "instance:i"}));

TEST_P(TargetTest, IsChosen) {
  const Case& c = GetParam();
  request_.hosts = {c.host};
  if (*c.endpoint_directive != '\0') direct("endpoint", c.endpoint_directive);
  if (*c.instance_directive != '\0') direct("instance", c.instance_directive);
  set("LAKEBASE_ENDPOINT", c.endpoint_variable);
  set("LAKEBASE_INSTANCE_NAME", c.instance_variable);
  EXPECT_EQ(choose(), c.expected);
}

TEST_F(TargetTest, APoolersHostIsTheEndpointsOwn) {
  request_.hosts = {"ep-a-b-c1-pooler.database.us-east-1.cloud.databricks.com"};
  EXPECT_EQ(choose(), k_host);
}

TEST_F(TargetTest, AnEndpointLooksLikeOne) {
  for (const char* value : {"primary", "projects/p", "projects/p/branches/b/endpoints/",
                            "projects/p/branches/b/endpoints/e/f"}) {
    set("LAKEBASE_ENDPOINT", value);
    EXPECT_THROW(choose(), ConfigError) << value;
  }
}

TEST_F(TargetTest, AStrangeHostTellsNothing) {
  request_.hosts = {"db.internal"};
  try {
    choose();
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_TRUE(test::contains(error.what(), "LAKEBASE_ENDPOINT")) << error.what();
  }
}

TEST_F(TargetTest, AnEndpointMayEndWithASlashOrABlank) {
  for (const char* given :
       {"projects/p/branches/b/endpoints/e/", " projects/p/branches/b/endpoints/e\n"}) {
    set("LAKEBASE_ENDPOINT", given);
    EXPECT_EQ(choose(), "endpoint:projects/p/branches/b/endpoints/e") << given;
  }
}

TEST_F(TargetTest, WhatIsNoPathOfTheApiIsNoEndpoint) {
  for (const char* given :
       {"projects/p/branches/b/endpoints/e?x", "projects/p/branches/b/endpoints/..",
        "projects/p/branches//endpoints/e", "projects/p/branches/b/endpoints/e//",
        "projects/p/branch/b/endpoints/e", "projects/p/branches/b/endpoints/e f",
        "/projects/p/branches/b/endpoints/e", "projects/p/branches/b/endpoints/e/f"}) {
    set("LAKEBASE_ENDPOINT", given);
    EXPECT_THROW(choose(), ConfigError) << given;
  }
}

}  // namespace
}  // namespace pglakebase
