#include "pglakebase/auth/owned_hosts.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

using nlohmann::json;

const std::string k_zone = ".database.us-east-1.cloud.databricks.com";

TEST(OwnedHostsTest, AnEndpointsHostsPooledOrNot) {
  const OwnedHosts owned = OwnedHosts::of_endpoint(
      json::parse(R"({"uid":"ep-a-b-c1","status":{"hosts":{"read_only_host":"ep-ro-b-c1)" + k_zone +
                  R"(","host":"ep-a-b-c1)" + k_zone + R"("}}})"));
  ASSERT_TRUE(owned.known());
  EXPECT_EQ(owned.first(), "ep-a-b-c1" + k_zone);
  EXPECT_TRUE(owned.own("ep-a-b-c1" + k_zone));
  EXPECT_TRUE(owned.own("EP-A-B-C1-pooler" + k_zone));
  EXPECT_TRUE(owned.own("ep-ro-b-c1" + k_zone));
  EXPECT_FALSE(owned.own("ep-a-b-c2" + k_zone));
}

TEST(OwnedHostsTest, AnInstancesHostsByNameOrByUid) {
  const OwnedHosts owned = OwnedHosts::of_instance(json::parse(
      R"({"uid":"0a1b","read_write_dns":"instance-0a1b.database.cloud.databricks.com"})"));
  ASSERT_TRUE(owned.known());
  EXPECT_TRUE(owned.own("instance-0a1b.database.cloud.databricks.com"));
  EXPECT_TRUE(owned.own("instance-ro-0a1b.database.cloud.databricks.com"));
  EXPECT_FALSE(owned.own("instance-0a1c.database.cloud.databricks.com"));
  // Autoscaling underneath.
  EXPECT_TRUE(OwnedHosts::of_instance(json{{"read_write_dns", "ep-a-b-c1" + k_zone}})
                  .own("ep-a-b-c1" + k_zone));
}

TEST(OwnedHostsTest, WithoutAHostNothingIsKnown) {
  for (const char* text :
       {"{}", R"({"uid":"ep-a-b-c1"})", R"({"status":[]})", R"({"status":{"hosts":"x"}})",
        R"({"uid":7,"status":{"hosts":{"host":7,"other":"example.com"}}})"}) {
    EXPECT_FALSE(OwnedHosts::of_endpoint(json::parse(text)).known()) << text;
    EXPECT_FALSE(OwnedHosts::of_instance(json::parse(text)).known()) << text;
  }
}

}  // namespace
}  // namespace pglakebase
