#include "pglakebase/config/entra_client.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

class EntraClientTest : public testing::Test {
 protected:
  EntraClientTest() { request_.hosts = {"h"}; }

  Settings settings(std::initializer_list<std::pair<const char*, const char*>> environment,
                    std::initializer_list<std::pair<const char*, const char*>> directives = {}) {
    request_.environment.clear();
    request_.directives.clear();
    for (const auto& [name, value] : environment) request_.environment.push_back({name, value});
    for (const auto& [name, value] : directives) request_.directives.push_back({name, value});
    return Settings::resolve(request_);
  }

  RequestDocument request_;
};

TEST_F(EntraClientTest, AKeyVaultMakesItOne) {
  EXPECT_TRUE(client_is_entras(settings(
      {{"KEY_VAULT_NAME", "v"}, {"DATABRICKS_CLIENT_ID", "c"}, {"DATABRICKS_HOST", "w"}})));
}

TEST_F(EntraClientTest, ATenantDoesWhereLakebaseIsUsed) {
  EXPECT_TRUE(client_is_entras(settings(
      {{"USE_LAKEBASE", "true"}, {"AZURE_TENANT_ID", "t"}, {"DATABRICKS_CLIENT_ID", "c"}})));
  EXPECT_FALSE(
      client_is_entras(settings({{"AZURE_TENANT_ID", "t"}, {"DATABRICKS_CLIENT_ID", "c"}})));
  EXPECT_FALSE(client_is_entras(settings({{"USE_LAKEBASE", "true"}, {"ARM_TENANT_ID", "t"}})));
  EXPECT_FALSE(client_is_entras(settings({{"DATABRICKS_CLIENT_ID", "c"}})));
}

TEST_F(EntraClientTest, AClientThatADirectiveNamesIsDatabricks) {
  EXPECT_FALSE(client_is_entras(settings({{"KEY_VAULT_NAME", "v"}}, {{"client_id", "c"}})));
  EXPECT_TRUE(client_is_entras(settings({}, {{"key_vault", "v"}, {"client_id", "c"}})));
}

TEST_F(EntraClientTest, TheTokenVariableIsIgnoredBesideAVault) {
  const auto with_vault = {std::pair{"KEY_VAULT_NAME", "v"},
                           {"DATABRICKS_TOKEN", "t"},
                           {"DATABRICKS_CLIENT_ID", "c"},
                           {"DATABRICKS_HOST", "w"}};
  EXPECT_EQ(settings(with_vault).find("token"), nullptr);
  EXPECT_EQ(settings({{"DATABRICKS_TOKEN", "t"}, {"DATABRICKS_HOST", "w"}}).get("token"), "t");
  EXPECT_EQ(settings({{"KEY_VAULT_NAME", "v"},
                      {"DATABRICKS_TOKEN", "t"},
                      {"DATABRICKS_HOST", "w"},
                      {"DATABRICKS_AUTH_TYPE", "pat"}})
                .get("token"),
            "t");
  EXPECT_EQ(
      settings({{"KEY_VAULT_NAME", "v"}, {"DATABRICKS_HOST", "w"}}, {{"token", "d"}}).get("token"),
      "d");
}

TEST_F(EntraClientTest, AllThatIsMissingIsNamed) {
  EXPECT_EQ(entra_client_lacks(settings({{"KEY_VAULT_NAME", "v"}})),
            "DATABRICKS_WORKSPACE_URL, DATABRICKS_CLIENT_ID");
  EXPECT_EQ(
      entra_client_lacks(settings(
          {{"KEY_VAULT_NAME", "v"}, {"USE_MANAGED_IDENTITY", "true"}, {"DATABRICKS_HOST", "w"}})),
      "");
  EXPECT_EQ(entra_client_lacks(settings({})), "");
}

}  // namespace
}  // namespace pglakebase
