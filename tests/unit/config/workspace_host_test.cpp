#include "pglakebase/config/workspace_host.hpp"

#include <gtest/gtest.h>

#include "pglakebase/config/config_error.hpp"

namespace pglakebase {
namespace {

WorkspaceHost parse(const char* address) {
  return parse_workspace_host(address, "DATABRICKS_HOST");
}

TEST(WorkspaceHost, IsBroughtToOneForm) {
  EXPECT_EQ(parse("https://W.cloud.databricks.com").url, "https://w.cloud.databricks.com");
  EXPECT_EQ(parse("w.cloud.databricks.com").url, "https://w.cloud.databricks.com");
  EXPECT_EQ(parse(" https://w.cloud.databricks.com/ ").url, "https://w.cloud.databricks.com");
  EXPECT_EQ(parse("https://w:8443/browse?x#y").url, "https://w:8443");
  EXPECT_EQ(parse("https://w:443").url, "https://w");
  EXPECT_EQ(parse("HTTPS://127.0.0.1:1").url, "https://127.0.0.1:1");
  EXPECT_EQ(parse("https://[::1]:8443").url, "https://[::1]:8443");
}

TEST(WorkspaceHost, KeepsTheIdsOfABrowsersAddress) {
  EXPECT_EQ(parse("https://w/?o=123456").workspace_id, "123456");
  EXPECT_EQ(parse("https://w/a/b?x=1&o=123456#frag").workspace_id, "123456");
  EXPECT_EQ(parse("https://w?workspace_id=77").workspace_id, "77");
  EXPECT_EQ(parse("https://w?w=ab-12").workspace_id, "ab-12");
  EXPECT_EQ(parse("https://w?o=12x").workspace_id, "");
  EXPECT_EQ(parse("https://w?w=ab-12&o=7&workspace_id=8").workspace_id, "ab-12");
  EXPECT_EQ(parse("https://w?workspace_id=8&o=7").workspace_id, "7");
  EXPECT_EQ(parse("https://w?workspace_id=8").workspace_id, "8");
  EXPECT_EQ(parse("https://w?a=0f-1").account_id, "0f-1");
}

TEST(WorkspaceHost, RefusesTheRestWithoutShowingIt) {
  for (const char* address :
       {"http://w", "ftp://w", "https://", "https:///path", "https://user:secret@w", "w w",
        "https://w:0", "https://w:99999", "https://w:secret", "https://[::1", "https://[::1]x",
        "https://w\nsecret", "https://w\\secret", "://w"}) {
    try {
      parse(address);
      ADD_FAILURE() << address;
    } catch (const ConfigError& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find("DATABRICKS_HOST"), std::string::npos);
      EXPECT_EQ(what.find("secret"), std::string::npos) << what;
    }
  }
  EXPECT_THROW(parse_workspace_host(std::string(300, 'a'), "x"), ConfigError);
}

}  // namespace
}  // namespace pglakebase
