#include "pglakebase/config/attributes.hpp"

#include <gtest/gtest.h>

#include "pglakebase/core/inputs.hpp"

namespace pglakebase {
namespace {

TEST(Attributes, ProfileKeysAreInputs) {
  EXPECT_EQ(input_of_profile_key("host"), "workspace");
  EXPECT_EQ(input_of_profile_key("client_secret"), "client_secret");
  // No keys of the SDKs: a profile must not choose databases or other profiles.
  for (const char* key : {"workspace", "endpoint", "profile", "config_file", "https_proxy", "tls"})
    EXPECT_EQ(input_of_profile_key(key), "") << key;
}

TEST(Attributes, FamiliesOfAuthTypes) {
  EXPECT_EQ(family_of_auth_type("pat"), "pat");
  EXPECT_EQ(family_of_auth_type("oauth-m2m"), "oauth");
  EXPECT_EQ(family_of_auth_type("github-oidc"), "oauth");
  EXPECT_EQ(family_of_auth_type("azure-devops-oidc"), "oauth");
  EXPECT_EQ(family_of_auth_type("github-oidc-azure"), "azure");
  EXPECT_EQ(family_of_auth_type("azure-msi"), "azure");
  EXPECT_EQ(family_of_auth_type("google-id"), "google");
  EXPECT_EQ(family_of_auth_type("databricks-cli"), "");
}

TEST(Attributes, EveryFamilysAttributeIsAnInput) {
  for (const char* name :
       {"token", "password", "client_secret", "azure_client_secret", "google_credentials"}) {
    EXPECT_NE(find_input(name), nullptr) << name;
    EXPECT_NE(auth_family(name), "") << name;
    EXPECT_TRUE(is_secret(name)) << name;
  }
  EXPECT_FALSE(is_secret("client_id"));
  EXPECT_EQ(auth_family("workspace"), "");
}

}  // namespace
}  // namespace pglakebase
