#include "pglakebase/core/host.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pglakebase {
namespace {

constexpr const char* k_uuid = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";

struct HostCase {
  std::string host;
  HostKind kind;
  bool pooler;
  std::string label;
};

class LakebaseHost : public testing::TestWithParam<HostCase> {};

TEST_P(LakebaseHost, IsRecognised) {
  const HostCase& one = GetParam();
  EXPECT_EQ(host_kind(one.host), one.kind);
  EXPECT_EQ(is_pooler_host(one.host), one.pooler);
  EXPECT_EQ(host_label(one.host), one.label);
}

std::string instance(const char* prefix, const char* domain) {
  return std::string(prefix) + k_uuid + domain;
}

INSTANTIATE_TEST_SUITE_P(
    Host, LakebaseHost,
    testing::Values(
        HostCase{instance("instance-", ".database.cloud.databricks.com"), HostKind::provisioned,
                 false, instance("instance-", "")},
        HostCase{instance("instance-", ".database.azuredatabricks.net"), HostKind::provisioned,
                 false, instance("instance-", "")},
        HostCase{instance("instance-ro-", ".database.cloud.databricks.com"), HostKind::provisioned,
                 false, instance("instance-ro-", "")},
        HostCase{instance("instance-ro-", ".database.azuredatabricks.net"), HostKind::provisioned,
                 false, instance("instance-ro-", "")},
        HostCase{"ep-cool-breeze-a1b2c3d4.database.us-east-1.cloud.databricks.com",
                 HostKind::autoscaling, false, "ep-cool-breeze-a1b2c3d4"},
        HostCase{"ep-cool-breeze-a1b2c3d4.database.westeurope.azuredatabricks.net",
                 HostKind::autoscaling, false, "ep-cool-breeze-a1b2c3d4"},
        HostCase{"ep-cool-breeze-a1b2c3d4.database.us-central1.gcp.databricks.com",
                 HostKind::autoscaling, false, "ep-cool-breeze-a1b2c3d4"},
        HostCase{"ep-cool-breeze-a1b2c3d4-pooler.database.us-east-1.cloud.databricks.com",
                 HostKind::autoscaling, true, "ep-cool-breeze-a1b2c3d4"},
        HostCase{"ep-cool-breeze-a1b2c3d4-pooler.database.eastus2.azuredatabricks.net",
                 HostKind::autoscaling, true, "ep-cool-breeze-a1b2c3d4"},
        HostCase{"ep-x.database.cloud.databricks.com", HostKind::autoscaling, false, "ep-x"},
        HostCase{"ep-x.database.cloud.databricks.us", HostKind::autoscaling, false, "ep-x"},
        HostCase{"ep-x.database.databricks.azure.us", HostKind::autoscaling, false, "ep-x"},
        HostCase{"ep-x.database.databricks.azure.cn", HostKind::autoscaling, false, "ep-x"},
        HostCase{"ep-x.database.eu-west-1.staging.cloud.databricks.com", HostKind::autoscaling,
                 false, "ep-x"},
        HostCase{"EP-X.Database.US-EAST-1.Cloud.Databricks.COM", HostKind::autoscaling, false,
                 "EP-X"},
        HostCase{"ep-x.database.cloud.databricks.com.", HostKind::autoscaling, false, "ep-x"},
        HostCase{"EP-X-POOLER.database.cloud.databricks.com.", HostKind::autoscaling, true,
                 "EP-X"}));

class ForeignHost : public testing::TestWithParam<std::string> {};

TEST_P(ForeignHost, IsNotOurs) {
  EXPECT_EQ(host_kind(GetParam()), HostKind::other) << GetParam();
  EXPECT_FALSE(is_pooler_host(GetParam())) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Host, ForeignHost,
    testing::Values(
        "", ".", "..", "localhost", "10.0.0.1", "::1", "/var/run/postgresql",
        "cloud.databricks.com", "database.cloud.databricks.com", "ep-x.cloud.databricks.com",
        "dbc-1234.cloud.databricks.com", "adb-1.2.azuredatabricks.net",
        // Look-alikes.
        "ep-x.database.cloud.databricks.com.evil.org", "ep-x.database.evil-azuredatabricks.net",
        "ep-x.database.evilazuredatabricks.net", "ep-x.database.us.evil-azuredatabricks.net",
        "ep-x.database.azuredatabricks.net.evil.org", "evil-azuredatabricks.net",
        "ep-x.database.notcloud.databricks.com", "ep-x.database.cloud.databricks.co",
        "ep-x.database.cloud-databricks.com", "ep-x.database.azuredatabricks.net@evil.org",
        "evil.org/ep-x.database.azuredatabricks.net", "ep-x.database.azuredatabricks.net:5432",
        "ep-x.database.us-east-1.evil.databricks.com", "ep-x.database.a.b.cloud.databricks.com",
        "ep-x.mydatabase.cloud.databricks.com", "xep-x.database.cloud.databricks.com",
        "ep.database.cloud.databricks.com", "ep-.database.cloud.databricks.com",
        "instance-.database.cloud.databricks.com", "-ep-x.database.cloud.databricks.com",
        "ep_x.database.cloud.databricks.com", "ep-x..database.cloud.databricks.com",
        "ep-x.database..cloud.databricks.com", ".ep-x.database.cloud.databricks.com",
        "ep-x.database.-us.cloud.databricks.com", "ep-x.database.cloud.databricks.com..",
        "ep-x .database.cloud.databricks.com", " ep-x.database.cloud.databricks.com",
        "ep-x.database.cloud.databricks.com ", "ep-x.database.cloud.databricks.com\n",
        "ep-x.database.us east.cloud.databricks.com", "ep-x,ep-y.database.cloud.databricks.com",
        "ep-\xc3\xa9.database.cloud.databricks.com",
        // A Kelvin sign is no k, and Cyrillic letters are no Latin ones.
        "ep-x.database.cloud.databric\xe2\x84\xaas.com",
        "ep-x.d\xd0\xb0tabase.cloud.databricks.com",
        std::string("ep-x.database.cloud.databricks.com\0.evil.org", 44),
        std::string("ep-x\0y.database.cloud.databricks.com", 36),
        std::string("ep-x.database.cloud.databricks.com\0", 35),
        "ep-" + std::string(230, 'x') + ".database.cloud.databricks.com",
        "ep-" + std::string(61, 'x') + ".database.cloud.databricks.com",
        "ep-x.database." + std::string(64, 'x') + ".cloud.databricks.com"));

TEST(Host, LongestLabelIsOurs) {
  EXPECT_EQ(host_kind("ep-" + std::string(60, 'x') + ".database.cloud.databricks.com"),
            HostKind::autoscaling);
}

TEST(Host, ListNamesItsHostsHoweverTheyAreSpelled) {
  EXPECT_TRUE(lists_host("a.example", "A.Example."));
  EXPECT_TRUE(lists_host("a.example,B.example.", "b.example"));
  EXPECT_FALSE(lists_host("a.example,b.example", "example"));
  EXPECT_FALSE(lists_host("a.example", "a.example,b.example"));
  EXPECT_FALSE(lists_host("a.example,", ""));
  EXPECT_FALSE(lists_host("", ""));
  EXPECT_FALSE(lists_host("a.example, b.example", "b.example"));
}

TEST(Host, NormalFormIsLowerCaseWithoutOneDot) {
  Text out;
  append_normal_host(out, "EP-X.Example.COM.");
  EXPECT_EQ(out.view(), "ep-x.example.com");
  out.clear();
  append_normal_host(out, "a..");
  EXPECT_EQ(out.view(), "a.");
  out.clear();
  append_normal_host(out, "");
  EXPECT_EQ(out.view(), "");
}

}  // namespace
}  // namespace pglakebase
