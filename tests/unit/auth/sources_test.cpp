#include "pglakebase/auth/sources.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pglakebase {
namespace {

TEST(Sources, StandInTheOrderOfTheGoSdk) {
  // databricks-sdk-go, config/auth_default.go
  const std::vector<std::string_view> go = {"pat", "basic", "oauth-m2m", "databricks-cli",
                                            "metadata-service", "github-oidc", "azure-devops-oidc",
                                            "env-oidc", "file-oidc", "github-oidc-azure",
                                            "azure-msi", "azure-client-secret",
                                            // Not the SDK's: explicit settings come before a login.
                                            "azure-client-certificate", "azure-workload-identity",
                                            "azure-cli", "google-credentials", "google-id"};
  std::size_t at = 0;
  for (const auto& source : all_sources()) {
    while (at < go.size() && go[at] != source->name()) ++at;
    EXPECT_LT(at, go.size()) << source->name() << " is out of order";
  }
}

TEST(Sources, KnowTheSdksOtherTypes) {
  EXPECT_TRUE(is_foreign_auth_type("azure-cli"));
  EXPECT_TRUE(is_foreign_auth_type("external-browser"));
  EXPECT_FALSE(is_foreign_auth_type("nonsense"));
}

}  // namespace
}  // namespace pglakebase
